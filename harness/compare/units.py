"""Units in words, and numbers as every table, page and figure prints them: what rounds to 0 has no sign."""

from __future__ import annotations

import math

from tabular.protocol import Protocol

ABSENT = "-"
UNITS = {
    "queries": "queries",
    "seconds": "simulated seconds",
    "wall": "wall seconds",
    "total": "simulated and wall seconds",
}
"""What a budget or an axis counts; the name of any other axis is its unit."""


def unit_words(unit: str) -> str:
    """Of a budget's unit or an axis."""
    return UNITS.get(unit, unit)


def shorter_price(protocol: Protocol) -> str:
    """What a query at e epochs is charged."""
    if protocol.unit == "queries":
        return f"e/{protocol.epochs} of a query"
    if protocol.shorter_seconds == "proportional":
        return f"e/{protocol.epochs} of its {protocol.epochs} epochs' seconds, its own being unrecorded"
    return "its own seconds"


def percent(fraction: float) -> str:
    """A fraction in percent, or a difference of fractions in points; a dash for NaN."""
    return ABSENT if math.isnan(fraction) else f"{100 * fraction:z.2f}"


def signed_points(difference: float) -> str:
    """A difference of fractions in points, with its sign unless it rounds to 0."""
    text = percent(difference)
    return text if text in (ABSENT, "0.00") else f"{100 * difference:+.2f}".replace("-", "−")


def number(value: float) -> str:
    """Two decimals, or one digit of what is smaller; a dash for NaN."""
    if math.isnan(value):
        return ABSENT
    return f"{value:z.2f}" if abs(value) >= 0.01 or value == 0 else f"{value:.1g}"


def plain(first: float, *others: float, most: int = 4) -> list[str]:
    """Numbers side by side with as many decimals as show four digits of the largest; a dash for NaN.

    `most` at most unless all are tiny, none where all are whole.
    """
    numbers = [abs(value) for value in (first, *others) if not math.isnan(value)]
    largest = max(numbers, default=0.0)
    size = math.floor(math.log10(largest)) if largest else 0
    decimals = 3 - size if size < -3 else min(max(3 - size, 0), most)
    if all(value == int(value) for value in numbers):
        decimals = 0
    return [ABSENT if math.isnan(value) else f"{value:z.{decimals}f}" for value in (first, *others)]


def settled(value: float, digits: int) -> float | None:
    """Rounded for data that scripts print: None for NaN, 0 without a sign."""
    return None if math.isnan(value) else round(value, digits) + 0.0
