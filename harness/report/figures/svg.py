"""SVG files a third of the size: paths to a tenth of a point, written as steps from point to point."""

from __future__ import annotations

import re

PATH = re.compile(r' d="([^"]*)"')
COMMAND = re.compile(r"([A-Za-z])([^A-Za-z]*)")
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def compact(svg: bytes) -> bytes:
    """The same picture without white space that means nothing; only geometry is rounded, not text."""
    text = PATH.sub(lambda found: f' d="{_shorter(found[1])}"', svg.decode())
    return re.sub(r"\n +", "\n", text).encode()


def _shorter(path: str) -> str:
    """Lines as relative steps in tenths of a point, exact in their sum; curves keep absolute places."""
    written, here, start, last = [], (0, 0), (0, 0), ""
    for name, rest in COMMAND.findall(path):
        tenths = [round(10 * float(number)) for number in NUMBER.findall(rest)]
        points = list(zip(tenths[::2], tenths[1::2], strict=True))
        if name == "L":
            for x, y in points:
                if (x, y) == here and last == "L":
                    continue
                step = _joined([x - here[0], y - here[1]])
                between = "l" if last != "L" else "" if step[0] == "-" else " "
                written.append(between + step)
                here, last = (x, y), "L"
            continue
        written.append(name + _joined(tenths))
        here = points[-1] if points else start
        start, last = (here if name == "M" else start), name
    return "".join(written)


def _joined(tenths: list[int]) -> str:
    """Numbers of tenths with no more between them than it takes to tell them apart."""
    texts = [_tenths(number) for number in tenths]
    return "".join(text if not row or text[0] == "-" else f" {text}" for row, text in enumerate(texts))


def _tenths(number: int) -> str:
    text = f"{number / 10:.1f}".removesuffix(".0")
    return text.replace("0.", ".") if abs(number) < 10 else text
