"""`harness report kind=quality against=regret`: whether what is measured of representations says which search
well, in every format."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from harness.compare.grouping import compare
from harness.compare.prediction import Prediction, predictions
from harness.compare.quality import compare_quality
from harness.records.derived import Stored, load
from harness.records.store import RunStore
from harness.report.tables import prediction_rows, render
from harness.report.tables.prediction_blocks import prediction_blocks, prediction_notes
from harness.report.tables.text import terminal_width
from harness.stats.association import FEWEST
from tabular.errors import HarnessError

if TYPE_CHECKING:
    from harness.records.quality_store import StoredQuality
    from harness.report.tables.blocks import Block
    from harness.study.options import ReportOptions


def predicted(options: ReportOptions, quality: StoredQuality) -> tuple[list[Prediction], Stored]:
    """What runs of the same folder say of it, by optimizer, and these runs."""
    stored = load(RunStore(options.results))
    done = [
        run
        for run in stored.done
        if (not options.protocol or run.spec.protocol.name in options.protocol)
        and options.budget in (None, run.spec.budget)
    ]
    runs = Stored(done, stored.failed, stored.references, stored.left_out)
    return predictions(compare(runs), compare_quality(quality)), runs


def report_prediction(options: ReportOptions, quality: StoredQuality) -> None:
    """Print or write it. Raises `HarnessError` where too little is stored to say anything."""
    found, _ = predicted(options, quality)
    if not found:
        raise HarnessError(
            f"against=regret needs {FEWEST} representations on one benchmark, each measured with labels=none "
            "and searched with the same optimizer, and an optimum that is known: `harness quality "
            "methods=one_hot,wl,path` and `harness run methods=one_hot,wl,path optimizers=gp_bo` make them"
        )
    if options.format == "all":
        from harness.report.prediction_folder import write

        write(options, found)
        return
    if options.format in ("json", "csv"):
        for sentence in dict.fromkeys(each for one in found for each in one.left_out):
            print(f"harness: left out: {sentence}", file=sys.stderr)
    print(printed(found, options.format, terminal_width(), options.rows))


def printed(found: Sequence[Prediction], form: str, width: int | None = None, rows: str = "means") -> str:
    """All optimizers as one text."""
    if form == "json":
        return prediction_rows.as_json(found, rows)
    if form == "csv":
        return prediction_rows.as_csv(found, rows)
    return "\n\n".join(
        render.rendered(
            prediction_blocks(each), prediction_notes(each), [], form, f"regret-{each.optimizer}",
            partial(_caption, each), width,
        )
        for each in found
    )  # fmt: skip


def _caption(found: Prediction, block: Block) -> str:
    return f"{block.title}. {prediction_notes(found)[0]}"
