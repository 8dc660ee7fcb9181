"""`harness quality`: measure representations, apart from any search, as far as it is not stored yet."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from harness.study.help import print_keys, wants_help
from harness.study.options import ReportOptions, parse
from harness.study.quality_options import QualityOptions

if TYPE_CHECKING:
    from harness.records.quality_store import StoredQuality

EXAMPLE = "harness quality methods=ngae,arch2vec bench=nb201"
SUMMARY = "what representations are worth: measure, print tables"
MORE = (
    "plugin.field=value sets a hyper-parameter (harness list PLUGIN), sizes.draws=1000 how much is measured "
    "(harness list PART); harness report kind=quality prints all that is stored"
)


def run(words: list[str]) -> int:
    """Measure what is missing of a study, then print its tables. Exit code: 1 if parts failed."""
    from harness.quality.parts import PARTS
    from harness.stats.summary import STATISTICS

    if wants_help(words):
        print_keys("quality", QualityOptions, MORE, words, {"parts": PARTS, "statistic": STATISTICS})
        return 0
    options, overrides = parse(words, QualityOptions, overrides=True)
    from harness.compare.view import refuse_unknown
    from harness.quality.carry_out import carry_out_quality
    from harness.report.quality import WRITTEN, emit, report_quality

    refuse_unknown(None, options.statistic)
    stored, failures = carry_out_quality(options, overrides)
    if stored.done and options.format in WRITTEN:
        report_quality(_report_on(options, stored))
    elif stored.done or options.format in ("json", "csv"):
        emit(options, stored)
    for failure in failures:
        print(f"harness: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _report_on(options: QualityOptions, stored: StoredQuality) -> ReportOptions:
    """What a written report is asked for: all that is stored of the study's methods and parts, so that it can
    be computed again from the results folder alone."""
    specs = [record.spec for record in stored.done]
    return ReportOptions.model_validate(
        {
            "kind": "quality",
            "methods": tuple(dict.fromkeys(spec.method for spec in specs)),
            "bench": tuple(dict.fromkeys(spec.benchmark for spec in specs)),
            "parts": tuple(dict.fromkeys(spec.part for spec in specs)),
            "seeds": options.seeds,
            **{name: getattr(options, name) for name in ("results", "out", "format", "statistic")},
        }
    )
