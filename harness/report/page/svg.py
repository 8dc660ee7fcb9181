"""A figure's SVG made fit to stand in a page: it takes the page's colours, and its names are its own."""

from __future__ import annotations

import re

from markupsafe import Markup

from harness.report.figures.files import Drawn
from harness.report.figures.style import FAINT, INK

FIXED = {INK: "currentColor", FAINT: "var(--faint)", "#ffffff": "var(--card)", "#000000": "currentColor"}
"""Colours of text, of context and of paper. Every other colour is a method's."""
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
    """A path of straight lines, by steps of whole TENTHS from point to point: a third of the length."""
    words = re.findall(r"[MLz]|[-\d.]+", found[1])
    written, here, at = [], (0, 0), 0
    while at < len(words):
        if words[at] == "z":
            written.append("z")
            at += 1
            continue
        command, to = words[at], (_tenths(words[at + 1]), _tenths(words[at + 2]))
        if command == "M":
            written.append(f"M{_number(to[0])} {_number(to[1])}")
        elif to != here:
            written.append(f"l{_number(to[0] - here[0])} {_number(to[1] - here[1])}")
        here, at = to, at + 3
    return f'd="{"".join(written)}"'


def _tenths(word: str) -> int:
    return round(10 * float(word))


def _number(tenths: int) -> str:
    return f"{tenths / 10:g}"
