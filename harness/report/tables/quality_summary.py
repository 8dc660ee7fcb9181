"""The main measures of representations in one table, from several parts that were measured alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from harness.compare.quality import QualityLine, QualityTable
from harness.quality.prediction import PART as PREDICTION
from harness.quality.subject import Measure
from harness.report.tables.blocks import Block, Cell
from harness.report.tables.label_blocks import label_blocks
from harness.report.tables.quality_blocks import measures_of
from harness.report.tables.quality_cells import heading, measure_cell

ERROR, FLOOR = "rmse_test", "rmse_of_mean_test"
MAIN = {
    "autoencoding": ("exact_test_greedy_mean",),
    "generation": ("valid_posterior", "unique_posterior", "top_posterior"),
    "geometry": ("walk_in_order", "moran"),
    PREDICTION.name: ("tau_gp_100",),
    "predictor": (ERROR, FLOOR, "spearman_test"),
}
"""By part, what is said of a representation first. `proposals` are of whole methods: a table of their own."""
OF_SEARCHES = {"proposals": ("top_accuracy", "top_nearest_accuracy", "top_complexity", "best_training")}


def main_measures(
    tables: Sequence[QualityTable], chosen: Mapping[str, tuple[str, ...]] = MAIN
) -> Iterator[tuple[QualityTable, Measure]]:
    """Of every table those measures that any record knows."""
    for table in tables:
        known = {measure.name: measure for measure in measures_of(table)}
        for name in chosen.get(table.spec.part, ()):
            beside = name != FLOOR or table.is_known(ERROR)  # where nothing predicts accuracies it has no use
            if name in known and table.is_known(name) and beside:
                yield table, known[name]


def main_blocks(tables: Sequence[QualityTable], statistic: str) -> list[Block]:
    """Of representations, by numbers of labels, and of what whole methods propose.

    A row per line of any of the tables. Where predictions alone were measured their own table says it all.
    """
    parts = {table.spec.part for table in tables}
    predicted = [table for table in tables if table.spec.part == PREDICTION.name]
    found = (
        _block("representation", "Main measures, on cells that were not learnt from", tables, MAIN, statistic)
        if parts != {PREDICTION.name}
        else None,
        *(next(label_blocks(table, statistic), None) for table in predicted),
        _block(
            "proposals", "What the search proposes first, all labels known", tables, OF_SEARCHES, statistic
        ),
    )
    return [block for block in found if block is not None]


def _block(
    name: str,
    title: str,
    tables: Sequence[QualityTable],
    chosen: Mapping[str, tuple[str, ...]],
    statistic: str,
) -> Block | None:
    columns = list(main_measures(tables, chosen))
    if not columns:
        return None
    asked = {id(table): table for table, _ in columns}.values()
    labels = sorted({line.label for table in asked for line in table.lines})
    rows = [[Cell(label), *(_cell(label, *column, statistic) for column in columns)] for label in labels]
    return Block(name, title, ["", *(heading(measure) for _, measure in columns)], rows)


def _cell(label: str, table: QualityTable, measure: Measure, statistic: str) -> Cell:
    line = line_of(table, label)
    return measure_cell(line, measure, statistic) if line else Cell("-")


def line_of(table: QualityTable, label: str) -> QualityLine | None:
    """The line of that name; None if the part has not measured it."""
    return next((line for line in table.lines if line.label == label), None)
