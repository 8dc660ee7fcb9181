"""What is no result of its method: mostly the runner's random fill-in, or a decoder that fails.

Such lines are shown, with their sign and these words, below the others. They stand in no ranking, no mark
and no test; whoever ranks asks here, through `MethodRuns.flaw`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from harness.records.digits import DIGITS, rounded
from harness.records.stored import StoredRun
from harness.stats.summary import point
from harness.study.seeds import ranges

MOST_FILLED_IN = 0.05
"""Share of what the search paid for that may be fill-in; more is no result of the method."""
FEWEST_EXACT = 0.5
"""Share of architectures that a decoder has to give back exactly; a search that decodes with less walks
through another space than the one it was asked to search."""
SIGN = "†"
RULE = (
    f"{SIGN}: degenerate, so in no ranking, mark or test. More than {100 * MOST_FILLED_IN:g} % of what its "
    "searches paid for were random queries that the runner filled in after barren proposals, or its decoder "
    f"gives back less than {100 * FEWEST_EXACT:g} % of architectures exactly (means over seeds)."
)


def flaw(filled_in: float, decoder_exact: float) -> str:
    """What makes these shares degenerate, in words; empty if nothing does. NaN, unknown, is no flaw."""
    words = []
    if filled_in > MOST_FILLED_IN:
        words.append(f"{_percent(filled_in, MOST_FILLED_IN)} random fill-in")
    if decoder_exact < FEWEST_EXACT:
        words.append(f"decoder reconstructs {_percent(decoder_exact, FEWEST_EXACT)}")
    return ", ".join(words)


def filled_in(runs: Sequence[StoredRun]) -> float:
    """Mean over seeds of the share of what the search paid for that was filled in; NaN if none is known."""
    return _mean([run.filled_in for run in runs])


def decoder_exact(runs: Sequence[StoredRun]) -> float:
    """Mean over seeds of the share that the decoder gives back exactly; NaN if none is known."""
    return _mean([run.timing.decoder_exact for run in runs])


def flaw_of_line(runs: Sequence[StoredRun]) -> str:
    """What makes the line of these runs degenerate: its numbers are means over seeds, and so are the shares
    that decide."""
    return flaw(filled_in(runs), decoder_exact(runs))


def apart_from_their_line(label: str, runs: Sequence[StoredRun]) -> str:
    """The seeds that by themselves are on the other side of the limits than their line, in a sentence; empty
    if there are none."""
    by_seed = {run.seed: flaw(run.filled_in, run.timing.decoder_exact) for run in runs}
    line = flaw_of_line(runs)
    others = [seed for seed, words in by_seed.items() if bool(words) != bool(line)]
    if not others:
        return ""
    if line:
        return f"{label} {SIGN}: seeds {ranges(others)} by themselves are not degenerate."
    named = ", ".join(f"seed {seed} ({by_seed[seed]})" for seed in others)
    return f"{label}: degenerate by themselves: {named}; the mean over its seeds is not, so it is ranked."


def _mean(shares: Sequence[float]) -> float:
    """Rounded, so that a mean of equal shares is that share."""
    return float(rounded(point(np.array(shares, dtype=float), "mean")))


def _percent(share: float, limit: float) -> str:
    """Two digits; of what lies near a limit as many as tell it from that."""
    digits = 0 if share >= 0.1 else 1
    while round(100 * share, digits) == 100 * limit and digits < DIGITS:
        digits += 1
    return f"{100 * share:.{digits}f} %"
