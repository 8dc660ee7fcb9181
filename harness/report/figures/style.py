"""One look for all figures: a fixed colour, dash and marker per method; quiet axes; the same bytes each time.

Hues are those of Okabe and Ito (2008) and Tol (2021), which people with colour-blindness tell apart. Members
of a family share a hue and a marker and differ in dash, so that lines can be told apart in grey too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

import matplotlib as mpl

from harness.compare.degenerate import SIGN

INK = "#3a3f45"
"""Text and axes; pages replace it by their own text colour."""
FAINT = "#b4b9bf"
"""Lines that are only context."""
CONVOLUTION, POOLING = "#cfe3f3", "#fbe3c4"
"""Boxes that have `INK` on them; pages replace them together with it."""
DASHES: tuple[tuple[int, tuple[float, ...]], ...] = (
    (0, ()), (0, (5, 1.6)), (0, (1.4, 1.4)), (0, (6, 1.6, 1.4, 1.6)), (0, (3, 1.2, 1.2, 1.2, 1.2, 1.2)),
)  # fmt: skip
MARKERS = "osD^vXPh<p"
"""One per family: members share it as they share the hue."""
FAMILIES = {
    "#0072B2": ("arch2vec", "arch2vec-rl", "supervised", "vgae", "gae"),
    "#D55E00": ("ngae", "ngae-noc"),
    "#009E73": ("dvae",),
    "#CC79A7": ("nao",),
    "#E69F00": ("graphpnas", "rnn_generator"),
    "#7A5195": ("bananas",),
    "#56B4E9": ("one_hot", "wl", "path", "random_embedding"),
    "#882255": ("regularized_evolution", "local_search", "reinforce"),
    "#8a8f94": ("random", "hyperband", "bohb"),
    "#332288": ("graf", "complexity"),
}
VARIANTS = {"-published": (2, "*"), "-paper": (3, ">"), "-untrained": (4, "d")}
"""How many dashes further than the adapted method of the same name, and a marker that no family has."""
CHARACTER, HANDLE = 0.6, 5.5
"""Widths in a legend, as multiples of the text's size: of a letter, and of a line with the room around it."""
SPARE = ("#44AA99", "#999933", "#AA4466", "#6699CC", "#997700", "#117733")


@dataclass(frozen=True)
class Look:
    """How a method is drawn, wherever it appears."""

    colour: str
    dash: tuple[int, tuple[float, ...]]
    marker: str

    @property
    def ink(self) -> str:
        """The colour for words on white: darkened until it has the contrast text needs."""
        return _readable(self.colour)


def look(label: str) -> Look:
    """The look that belongs to a method's name, degenerate or not; a stranger's follows from its name."""
    name = label.removesuffix(f" {SIGN}").partition("[")[0].partition("#")[0]
    variant = next((each for each in VARIANTS if name.endswith(each)), "")
    base = name.removesuffix(variant).removesuffix("+gp_bo")
    further, marker = VARIANTS.get(variant, (0, ""))
    for family, (colour, members) in enumerate(FAMILIES.items()):
        if base in members:
            kind = (members.index(base) + further) % len(DASHES)
            return Look(colour, DASHES[kind], marker or MARKERS[family % len(MARKERS)])
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
    kind = number // len(SPARE) % len(DASHES)
    return Look(SPARE[number % len(SPARE)], DASHES[kind], MARKERS[number % len(MARKERS)])


def legend_columns(labels: Sequence[str], width: float, size: float) -> int:
    """How many columns of a legend fit a figure `width` inches wide, with text of `size` points."""
    longest = max(map(len, labels), default=0)
    one = (CHARACTER * longest + HANDLE) * size / 72
    return max(min(int(width / one), len(labels)), 1)


LIGHTEST = 1.05 / 4.5 - 0.05
"""Relative luminance of text that has contrast 4.5 on white (WCAG 2.1, success criterion 1.4.3)."""


@cache
def _readable(colour: str) -> str:
    """The colour mixed with black as little as it takes."""
    red, green, blue = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    share = 1.0
    while luminance(red * share, green * share, blue * share) > LIGHTEST:
        share -= 0.01
    return "#" + "".join(f"{round(255 * share * part):02x}" for part in (red, green, blue))


def luminance(red: float, green: float, blue: float) -> float:
    """Relative luminance of an sRGB colour, 0 to 1 (WCAG 2.1)."""
    parts = (red, green, blue)
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


RULES = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8.5,
    "axes.titlesize": 9,
    "axes.labelsize": 8.5,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.alpha": 0.35,
    "grid.linewidth": 0.5,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "lines.linewidth": 1.5,
    "figure.dpi": 100,
    "savefig.dpi": 160,
    "figure.constrained_layout.use": True,
    "svg.fonttype": "none",
    "svg.hashsalt": "nas-harness",
    "pdf.fonttype": 42,
}


@contextmanager
def styled() -> Iterator[None]:
    """The rules in force, whatever the user's own are."""
    with mpl.rc_context():
        mpl.rcdefaults()
        for name, value in RULES.items():
            mpl.rcParams[name] = value  # type: ignore[index]
        yield
