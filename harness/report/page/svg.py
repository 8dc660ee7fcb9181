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
    body = re.sub(r"\s*\n\s*", "\n", body)
    return Markup(opening + re.sub(r"(?<=[:;] )#[0-9a-f]{6}\b", _colour, body))


def _colour(found: re.Match[str]) -> str:
    colour = found[0].lower()
    return FIXED.get(colour, f"light-dark({colour},color-mix(in oklab,{colour} 62%,white))")
