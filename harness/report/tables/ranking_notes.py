"""What stands under a leaderboard: what its numbers mean, and what the tests say."""

from __future__ import annotations

import math

from harness.compare.across import Across, in_words
from harness.compare.degenerate import RULE
from harness.compare.units import unit_words
from harness.report.tables.rows import warnings
from harness.study.seeds import ranges


def notes(found: Across) -> list[str]:
    """Sentences: what the numbers mean, what the tests found, and what a reader must not miss."""
    return [_meaning(found), *conclusions(found), *about_runs(found), *warnings(found.comparisons)]


def _meaning(found: Across) -> str:
    without = found.without_regret
    left_out = f" (not known on {', '.join(without)}, which it leaves out)" if without else ""
    return (
        "mean rank: over benchmarks, by the mean truth over seeds at the end of the budget; 1 is best, ties "
        "share a rank. normalised regret: mean over benchmarks of the regret as a share of that of random "
        f"search in exact expectation{left_out}: 0 is the optimum, 1 as good as random search. first on: "
        "benchmarks on which no method is better. Marked: the best, and what is not separated from it."
    )


def conclusions(found: Across) -> list[str]:
    """What the tests say."""
    ranks = found.ranks
    n, k = ranks.each.shape
    f = f"{ranks.f:.2f}" if math.isfinite(ranks.f) else "infinite"
    lines = [
        f"Friedman test: chi-square {ranks.chi_square:.2f}, {_p(ranks.p_chi_square)}; Iman and Davenport's F "
        f"({k - 1}, {(k - 1) * (n - 1)}) {f}, {_p(ranks.p)}, which decides: chi-square is coarse below some "
        "ten benchmarks (Demšar 2006). Nemenyi's critical difference of mean ranks at 5 %: "
        f"{ranks.critical:.2f}."
    ]
    if not ranks.different:
        return [*lines, "No difference between the methods is shown: none are separated."]
    if not ranks.groups:
        return [*lines, "All methods are separated from each other."]
    named = "; ".join(", ".join(group) for group in ranks.groups)
    return [*lines, f"Not separated from each other: {named}."]


def _p(value: float) -> str:
    return "p < 0.0001" if value < 1e-4 else f"p = {value:.2g}"


def about_runs(found: Across) -> list[str]:
    """Which runs there are, and which are missing."""
    lines = []
    families: dict[str, int] = {}
    for each in found.comparisons:
        family = each.benchmark.partition(":")[0]
        families[family] = families.get(family, 0) + 1
        lines.append(
            f"{each.benchmark}: {each.protocol.name} ({each.protocol.hash}), table {each.table_digest[:12]}, "
            f"budget {each.budget} {unit_words(each.protocol.unit)}, {_seeds(found, each.benchmark)}."
        )
    alike = [f"{count} are datasets of {family}" for family, count in families.items() if count > 1]
    if alike:
        lines.append(
            f"The tests take benchmarks as independent; here {' and '.join(alike)}, which resemble each "
            "other."
        )
    for name, where in found.left_out.items():
        lines.append(f"{name} is not ranked: no runs on {', '.join(where)}.")
    if found.outside:
        named = "; ".join(map(in_words, found.outside))
        lines += [RULE, f"Degenerate on a benchmark or more, and so not ranked on any: {named}."]
    return lines


def _seeds(found: Across, benchmark: str) -> str:
    """Seeds of all ranked methods, or of each kind where they differ."""
    (comparison,) = (each for each in found.comparisons if each.benchmark == benchmark)
    kinds: dict[tuple[int, ...], list[str]] = {}
    for name in found.ranks.methods:
        kinds.setdefault(tuple(run.seed for run in found.runs(name, comparison)), []).append(name)
    if len(kinds) == 1:
        (seeds,) = kinds
        return f"seeds {ranges(list(seeds))} (n = {len(seeds)})"
    parts = [
        f"{ranges(list(seeds))} (n = {len(seeds)}: {', '.join(names)})" for seeds, names in kinds.items()
    ]
    return f"seeds differ: {'; '.join(parts)}"
