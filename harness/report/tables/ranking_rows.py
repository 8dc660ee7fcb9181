"""The leaderboard as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from harness.compare.across import Across, Outside
from harness.compare.comparison import Comparison
from harness.records.stored import StoredRun
from harness.report.tables.rows import csv_text


def facts(found: Across) -> list[dict[str, Any]]:
    """One row per method and benchmark, best mean rank first, then those that are not ranked because they are
    degenerate somewhere. Accuracies are fractions; unknown is None."""
    ranks = found.ranks
    ranked = [
        {
            "method": ranks.methods[place],
            "mean_rank": float(ranks.mean[place]),
            "mean_normalised_regret": _known(found.mean_regret[place]),
            **_where(comparison, found.runs(ranks.methods[place], comparison)),
            "truth": float(found.truth[row, place]),
            "rank": float(ranks.each[row, place]),
            "normalised_regret": _known(found.regret[row, place]),
            "degenerate": False,
        }
        for place in ranks.order
        for row, comparison in enumerate(found.comparisons)
    ]
    return ranked + [row for each in found.outside for row in _outside(found, each)]


def _outside(found: Across, method: Outside) -> Iterator[dict[str, Any]]:
    """Rows of a method without ranks, on the benchmarks on which it has runs."""
    for comparison, truth in zip(found.comparisons, method.truth, strict=True):
        runs = found.runs(method.method, comparison)
        if runs:
            yield {
                "method": method.method,
                "mean_rank": None,
                "mean_normalised_regret": None,
                **_where(comparison, runs),
                "truth": _known(truth),
                "rank": None,
                "normalised_regret": None,
                "degenerate": comparison.benchmark in method.flaws,
            }


def _where(comparison: Comparison, runs: Sequence[StoredRun]) -> dict[str, Any]:
    return {
        "benchmark": comparison.benchmark,
        "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
        "budget": comparison.budget,
        "n": len(runs),
    }


def as_csv(found: Across) -> str:
    """The rows with a header; unknown is an empty field."""
    table = facts(found)
    return csv_text(table, list(table[0]))


def as_json(found: Across) -> str:
    """The rows, and what the tests found."""
    ranks = found.ranks
    names = [ranks.methods[place] for place in ranks.order]
    content = {
        "rows": facts(found),
        "friedman": {"chi_square": ranks.chi_square, "p": ranks.p_chi_square},
        "iman_davenport": {"f": _known(ranks.f), "p": ranks.p},
        "critical_difference": ranks.critical,
        "nemenyi_p": {
            one: {
                two: float(ranks.p_pairs[ranks.methods.index(one), ranks.methods.index(two)]) for two in names
            }
            for one in names
        },
        "not_separated": ranks.groups,
        "not_ranked": found.left_out,
        "degenerate": {each.method: each.flaws for each in found.outside},
    }
    return json.dumps(content, indent=1)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
