"""Lines of tables made by hand (see the fixture `handmade`), two of which are degenerate."""

import dataclasses


@dataclasses.dataclass(frozen=True)
class Handmade:
    """A line of a table by seed: final truths, how many of 20 queries of the search were filled in, and what
    a decoder gives back (percent, one for all seeds or one each)."""

    finals: list[float]
    filled: list[int] | int = 0
    exact: list[float | None] | float | None = None


def at(height, seeds=7):
    """Final truths, a little apart."""
    return [height + seed / 1000 for seed in range(seeds)]


LEADER = Handmade(at(0.9), filled=[20, 19, 19, 19, 19, 20, 20])
"""The best of all, by luck: 97 % random fill-in."""
BROKEN = Handmade(at(0.6), exact=3.0)
GOOD, FAIR = Handmade(at(0.8)), Handmade(at(0.7))
LINES = {"good": GOOD, "fair": FAIR, "broken": BROKEN, "leader": LEADER}
WORDS = {"broken †": "decoder reconstructs 3.0 %", "leader †": "97 % random fill-in"}
DEGENERATE = {"broken": BROKEN, "leader": LEADER}


def words_of(text):
    """Without line breaks and indents."""
    return " ".join(text.split())
