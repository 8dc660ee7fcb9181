"""A figure's SVG made fit to stand in a page: it takes the page's colours, and its names are its own."""

from __future__ import annotations

import re

from markupsafe import Markup

from harness.report.figures.files import Drawn
from harness.report.figures.style import CONVOLUTION, FAINT, INK, POOLING

FIXED = {
    INK: "currentColor",
    FAINT: "var(--faint)",
    CONVOLUTION: f"light-dark({CONVOLUTION},#1f4360)",
    POOLING: f"light-dark({POOLING},#5a4020)",
    "#ffffff": "var(--card)",
    "#000000": "currentColor",
}
"""Colours of text, of context, of boxes around text and of paper. Every other colour is a method's."""
STRAIGHT = r'd="((?:[ML] [-\d.]+ [-\d.]+\s*|z\s*)+)"'
"""A path of points and straight lines, as matplotlib writes it."""


def inline(drawn: Drawn, prefix: str) -> Markup:
    """The SVG element, without size, metadata and style sheet; its ids begin with `prefix`.

    Colours become the page's: ink and paper follow its theme, all others are lighter in the dark.
    """
    text = drawn.content["svg"].decode()
    text = text[text.index("<svg") :]
    for part in ("metadata", "style"):
        text = re.sub(rf"<{part}\b.*?</{part}>", "", text, flags=re.DOTALL)
    text = re.sub(r"<defs>\s*</defs>", "", text)
    head, end, body = text.partition(">")
    box = re.search(r'viewBox="[^"]*"', head)
    assert box is not None
    opening = f'<svg {box[0]} role="img" aria-labelledby="{prefix}caption" focusable="false"{end}'
    body = re.sub(r'\bid="', f'id="{prefix}', body)
    body = re.sub(r'(xlink:href|href)="#', f'href="#{prefix}', body)
    body = body.replace("url(#", f"url(#{prefix}")
    body = re.sub(STRAIGHT, _shorter, body)
    body = re.sub(r"\s*\n\s*", "\n", body)
    return Markup(opening + re.sub(r"(?<=[:;] )#[0-9a-f]{6}\b", _colour, body))


def _colour(found: re.Match[str]) -> str:
    colour = found[0].lower()
    return FIXED.get(colour, f"light-dark({colour},color-mix(in oklab,{colour} 62%,white))")


def _shorter(found: re.Match[str]) -> str:
    """A path of straight lines in tenths, each point but the first of a line by its distance from the last:
    a quarter of the length."""
    written, last, here = [], "", (0, 0)
    for command, x, y in re.findall(r"([MLz]) ?([-\d.]*) ?([-\d.]*)", found[1]):
        if command == "z":
            written.append("z")
        else:
            to = round(10 * float(x)), round(10 * float(y))
            step = to if command == "M" else (to[0] - here[0], to[1] - here[1])
            if step == (0, 0) and last == "L":
                continue
            head = " " if command == last == "L" else command.replace("L", "l")
            written.append(f"{head}{_number(step[0])} {_number(step[1])}")
            here = to
        last = command
    return f'd="{"".join(written).replace(" -", "-")}"'


def _number(tenths: int) -> str:
    return f"{tenths / 10:g}".replace("0.", ".", 1) if abs(tenths) < 10 else f"{tenths / 10:g}"
