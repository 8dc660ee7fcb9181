"""`harness run`: carry out what is not stored yet, then print the table."""

from __future__ import annotations

import sys

from harness.study.help import print_keys, wants_help
from harness.study.options import RunOptions, parse

EXAMPLE = "harness run methods=ngae,arch2vec bench=nb201 seeds=10"
SUMMARY = "run what is not stored yet, print the table"


def run(words: list[str]) -> int:
    """Carry out the missing runs of a study, then print its table. Exit code: 1 if runs failed."""
    from harness.compare.view import CHOICES, refuse_unknown

    if wants_help(words):
        more = "plugin.field=value sets a hyper-parameter (harness list PLUGIN)"
        print_keys("run", RunOptions, more, words, CHOICES)
        return 0
    options, overrides = parse(words, RunOptions, overrides=True)
    refuse_unknown(options.metric, options.statistic)
    remarks: dict[str, str] = {}
    if options.until:
        from harness.commands._until_decided import carry_out_decided

        stored, failures, remarks = carry_out_decided(options, overrides)
    else:
        from harness.running.carry_out import carry_out

        stored, failures = carry_out(options, overrides)
    if stored.done or options.format in ("json", "csv"):
        from harness.report.output import emit

        emit(options, stored, remarks)
    for failure in failures:
        print(f"harness: {failure}", file=sys.stderr)
    return 1 if failures else 0
