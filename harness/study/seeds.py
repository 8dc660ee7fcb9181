"""Seeds as they are typed and told: a count (10), a range (3..7), a list (1,4,8..9)."""

from __future__ import annotations

from collections.abc import Iterable

MOST = 100_000


def read(text: str) -> tuple[int, ...]:
    """Seeds in rising order. A lone number is a count, a number in a list is a seed.

    Raises `ValueError`, a phrase that goes on a key, for anything else.
    """
    parts = text.split(",")
    try:
        spans = [_span(part, len(parts) == 1) for part in parts]
    except ValueError:
        raise ValueError("needs a count (10), a range (3..7) or a list (1,4,8..9)") from None
    if any(low < 0 or high <= low for low, high in spans) or sum(high - low for low, high in spans) > MOST:
        raise ValueError(f"needs a count of at least 1, or a rising range (3..7) of at most {MOST}")
    return tuple(sorted({seed for low, high in spans for seed in range(low, high)}))


def _span(part: str, is_count: bool) -> tuple[int, int]:
    """First seed, and the one after the last."""
    first, dots, last = part.partition("..")
    if dots:
        return int(first), int(last) + 1
    return (0, int(first)) if is_count else (int(first), int(first) + 1)


def ranges(seeds: Iterable[int]) -> str:
    """Rising numbers as 0..9, or 0..3,5 where some are missing."""
    parts: list[list[int]] = []
    for seed in seeds:
        if parts and seed == parts[-1][-1] + 1:
            parts[-1].append(seed)
        else:
            parts.append([seed])
    return ",".join(f"{part[0]}..{part[-1]}" if len(part) > 1 else str(part[0]) for part in parts)


def typed(seeds: Iterable[int]) -> str:
    """As `read` takes them: a lone seed is a range of one, since a lone number is a count."""
    text = ranges(seeds)
    return f"{text}..{text}" if text.isdecimal() else text
