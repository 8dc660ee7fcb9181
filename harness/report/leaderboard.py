"""`harness report across=true`: methods ranked across benchmarks, in every format."""

from __future__ import annotations

import math
import sys
from functools import partial
from typing import TYPE_CHECKING

from harness.compare.across import Across, Outside, across
from harness.compare.comparison import Comparison
from harness.compare.degenerate import RULE, SIGN
from harness.compare.grouping import compare
from harness.compare.marks import Mark
from harness.compare.units import ABSENT, percent
from harness.report.tables import render
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.mixed import mixed_code
from harness.report.tables.ranking_notes import about_runs, conclusions, notes
from harness.report.tables.ranking_rows import as_csv, as_json
from harness.report.tables.rows import warnings
from harness.report.tables.text import terminal_width
from harness.stats.ranks import Ranks
from tabular.errors import HarnessError
from tabular.quantity import common

if TYPE_CHECKING:
    from harness.records.derived import Stored
    from harness.study.options import ReportOptions

TITLE = "Across benchmarks"


def emit(options: ReportOptions, stored: Stored) -> None:
    """Print the leaderboard of the runs in the format asked for, or write files."""
    _refuse_what_is_fixed(options)
    found = across(compare(stored))
    for sentence in mixed_code(found.comparisons):
        print(f"harness: {sentence}", file=sys.stderr)
    if options.format in ("json", "csv"):
        for sentence in [*about_runs(found), *warnings(found.comparisons)]:
            print(f"harness: {sentence}", file=sys.stderr)
    if options.format in ("figures", "html", "all"):
        from harness.report.ranking_folder import write

        write(options, found)
    else:
        print(rendered(found, options.format, terminal_width()))


def _refuse_what_is_fixed(options: ReportOptions) -> None:
    default = type(options).model_fields
    for key in ("at", "x", "metric", "statistic"):
        if getattr(options, key) != default[key].default:
            raise HarnessError(
                f"{key}= is not for across=true, which ranks by the mean truth at the end of each budget"
            )


def rendered(found: Across, form: str, width: int | None = None) -> str:
    """The leaderboard as one text; `text` has no line that is longer than `width`, if given."""
    if form == "json":
        return as_json(found)
    if form == "csv":
        return as_csv(found)
    above = mixed_code(found.comparisons)
    return render.rendered(
        ranking_blocks(found), notes(found), above, form, "across", partial(_caption, found), width
    )


def ranking_blocks(found: Across) -> list[Block]:
    """Mean ranks, and what they are the means of."""
    return [_ranking(found), _by_benchmark(found)]


def _ranking(found: Across) -> Block:
    """Best mean rank first; marked what is not separated from the best."""
    ranks, rows = found.ranks, []
    for place in ranks.order:
        runs = tuple(found.runs(ranks.methods[place]))
        best = int((ranks.each[:, place] == ranks.each.min(axis=1)).sum())
        regret = float(found.mean_regret[place])
        rows.append(
            [
                Cell(ranks.methods[place], runs=runs),
                Cell(
                    f"{ranks.mean[place]:.2f}",
                    mark=_mark(ranks, place),
                    value=float(ranks.mean[place]),
                    runs=runs,
                    values=tuple(ranks.each[:, place].tolist()),
                ),
                Cell(
                    ABSENT if math.isnan(regret) else f"{regret:z.2f}",
                    value=regret,
                    runs=runs,
                    values=tuple(found.regret[:, place].tolist()),
                ),
                Cell(f"{best}", value=best, runs=runs),
            ]
        )
    rows += [[_outside(found, each), *[Cell(ABSENT)] * 3] for each in found.outside]
    title = f"{TITLE}: {len(ranks.methods)} methods on {len(found.comparisons)} benchmarks"
    return Block("ranks", title, ["", "mean rank", "normalised regret", "first on"], rows)


def _outside(found: Across, method: Outside) -> Cell:
    """Name of a method that is not ranked, and on how many benchmarks it is degenerate."""
    where = f"degenerate on {len(method.flaws)} of {len(found.comparisons)}"
    return Cell(method.name, where, runs=tuple(found.runs(method.method)))


def _mark(ranks: Ranks, place: int) -> Mark:
    """All of equal best mean rank are the best."""
    first = ranks.order[0]
    if ranks.mean[place] == ranks.mean[first]:
        return "best"
    return "" if ranks.separated[first, place] else "tied"


def _by_benchmark(found: Across) -> Block:
    """Mean truth and rank; whatever there is more of, methods or benchmarks, in rows."""
    ranks, columns = found.ranks, {}
    for place in ranks.order:
        for row, comparison in enumerate(found.comparisons):
            name = ranks.methods[place]
            truth = float(found.truth[row, place])
            runs = tuple(found.runs(name, comparison))
            text = f"{percent(truth)} ({ranks.each[row, place]:g})"
            columns[name, comparison.benchmark] = Cell(text, value=truth, runs=runs)
    names = [ranks.methods[place] for place in ranks.order]
    for outside in found.outside:
        names.append(outside.name)
        for comparison, truth in zip(found.comparisons, outside.truth.tolist(), strict=True):
            columns[outside.name, comparison.benchmark] = _unranked(found, outside, comparison, truth)
    benchmarks = [each.benchmark for each in found.comparisons]
    quantity = common(each.quantity for each in found.comparisons)
    title = quantity.said("Mean truth (%) at the end of the budget, and rank")
    if len(benchmarks) < len(names):
        rows = [[Cell(name), *(columns[name, each] for each in benchmarks)] for name in names]
        return Block("benchmarks", title, ["", *benchmarks], rows)
    rows = [[Cell(each), *(columns[name, each] for name in names)] for each in benchmarks]
    return Block("benchmarks", title, ["", *names], rows)


def _unranked(found: Across, outside: Outside, comparison: Comparison, truth: float) -> Cell:
    """Mean truth of a method that has no rank; where it is degenerate, with its sign and why."""
    words = outside.flaws.get(comparison.benchmark, "")
    text = f"{percent(truth)} {SIGN}" if words else percent(truth)
    return Cell(text, words, value=truth, runs=tuple(found.runs(outside.method, comparison)))


def _caption(found: Across, block: Block) -> str:
    if block.name != "ranks":
        return block.title
    rule = f" {RULE}" if found.outside else ""
    return (
        f"{block.title}. {' '.join(conclusions(found))} The best in bold, ≈ what is not separated from it."
        f"{rule}"
    )
