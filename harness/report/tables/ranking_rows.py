"""The leaderboard as plain rows: what `format=json` and `format=csv` print."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from harness.compare.across import Across
from harness.report.tables.rows import csv_text


def facts(found: Across) -> list[dict[str, Any]]:
    """One row per method and benchmark, best mean rank first. Accuracies are fractions; unknown is None."""
    ranks = found.ranks
    return [
        {
            "method": ranks.methods[place],
            "mean_rank": float(ranks.mean[place]),
            "mean_normalised_regret": _known(found.mean_regret[place]),
            "benchmark": comparison.benchmark,
            "protocol": f"{comparison.protocol.name}@{comparison.protocol.hash}",
            "budget": comparison.budget,
            "n": len(found.runs(comparison, ranks.methods[place]).runs),
            "truth": float(found.truth[row, place]),
            "rank": float(ranks.each[row, place]),
            "normalised_regret": _known(found.regret[row, place]),
        }
        for place in ranks.order
        for row, comparison in enumerate(found.comparisons)
    ]


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
    }
    return json.dumps(content, indent=1)


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
