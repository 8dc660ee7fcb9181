"""How ranking and numbers of the same methods move between protocols."""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Sequence

import numpy as np
from pydantic import Field
from scipy.stats import kendalltau

from harness.compare.comparison import Comparison
from harness.compare.degenerate import RULE, SIGN
from harness.compare.grouping import compare
from harness.compare.units import ABSENT, percent
from harness.compare.view import CHOICES, refuse_unknown
from harness.records.digits import EQUAL, rounded
from harness.report.tables.text import WIDTH, terminal_width, text_notes, text_table
from harness.running.carry_out import carry_out
from harness.study.help import print_keys, wants_help
from harness.study.method import Overrides, crossed, resolve_method
from harness.study.options import Names, RunOptions, parse
from harness.study.registry import Registry
from tabular.catalogue import default_protocol, protocols, resolve
from tabular.errors import HarnessError

LEGEND = (
    "Mean over seeds (%) and [rank] at the end of each protocol's budget. tau: Kendall's rank correlation of "
    "the methods with the first line's truth. Rankings of different protocols stand beside each other here, "
    "never in one."
)
OUTSIDE = f" {RULE} tau is over the methods that are ranked in both lines."


class EffectOptions(RunOptions):
    """Keys of `harness protocols effect`."""

    protocols: Names | None = Field(None, description="only these (default: all that the data allow)")


def effect(words: list[str]) -> int:
    """Run the methods under every protocol that the data allow, and print a line per protocol."""
    if wants_help(words):
        print_keys(
            "protocols effect", EffectOptions, "plugin.field=value sets a hyper-parameter", words, CHOICES
        )
        return 0
    options, overrides = parse(words, EffectOptions, overrides=True)
    refuse_unknown(options.metric, options.statistic)
    _refuse_what_differs(words)
    registry = Registry(options.plugins)
    for name in crossed(options.methods, options.optimizers, registry)[0]:
        resolve_method(name, overrides, registry)  # a wrong name is one error, not one per protocol
    names = [full for name in options.bench for full in resolve(name)]
    failures: list[str] = []
    for name in names:
        found, failed = _comparisons(name, options, overrides)
        failures += failed
        if not found:
            raise HarnessError(f"no protocol of {name} can be run on the data that are here")
        print(_render(name, found), end="\n\n")
    for failure in failures:
        print(f"harness: {failure}", file=sys.stderr)
    return 1 if failures else 0


def _refuse_what_differs(words: list[str]) -> None:
    """Keys that every protocol settles for itself, or that this table does not have."""
    for word in words:
        key = word.partition("=")[0]
        if key in ("protocol", "at", "format"):
            raise HarnessError(f"{key}= is not for harness protocols effect: every protocol has its own")
        if key in ("until", "batch", "most_seeds"):
            raise HarnessError(
                f"{key}= is not for harness protocols effect: all protocols get the same seeds"
            )


def _comparisons(
    benchmark: str, options: EffectOptions, overrides: Overrides
) -> tuple[list[Comparison], list[str]]:
    """One comparison per protocol, the default first; protocols that the data do not allow are left out."""
    family = benchmark.partition(":")[0]
    first = default_protocol(benchmark)
    mine = [each.name for each in protocols().values() if each.benchmark == family]
    wanted = options.protocols or tuple(sorted(mine, key=lambda protocol: protocol != first))
    found: list[Comparison] = []
    failures: list[str] = []
    for protocol in wanted:
        study = options.model_copy(update={"bench": (benchmark,), "protocol": protocol})
        try:
            rules = protocols().get(protocol)
            if options.budget and rules and rules.unit == "seconds":
                raise HarnessError(f"budget={options.budget} counts queries, {protocol} counts seconds")
            stored, failed = carry_out(study, overrides)
        except HarnessError as problem:
            if options.protocols:
                raise
            print(f"harness: {protocol} is left out: {problem}", file=sys.stderr)
            continue
        failures += failed
        found += compare(stored)
    return found, failures


def _render(benchmark: str, comparisons: Sequence[Comparison]) -> str:
    labels = [method.label for method in comparisons[0].methods]
    lines = [f"{benchmark}: the same methods under {len(comparisons)} protocols"]
    for metric, title in (("truth", "What is reported as truth"), ("test", "What is reported as test")):
        lines += ["", title, "", _table(comparisons, labels, metric)]
    notes = dict.fromkeys(comparison.note for comparison in comparisons if comparison.note)
    width = terminal_width()
    more = OUTSIDE if any(comparison.degenerate for comparison in comparisons) else ""
    legend = textwrap.fill(f"{comparisons[0].quantity.said(LEGEND)}{more}", min(width or WIDTH, WIDTH))
    return "\n".join([*lines, "", legend, text_notes([*notes, *map(_described, comparisons)], width)])


def _table(comparisons: Sequence[Comparison], labels: list[str], metric: str) -> str:
    base, base_out = _means(comparisons[0], labels, "truth"), _outside(comparisons[0], labels)
    body = []
    for comparison in comparisons:
        means, outside = _means(comparison, labels, metric), _outside(comparison, labels)
        shared = ~(base_out | outside)
        known = not np.isnan(means[shared]).any() and shared.sum() > 1
        tau = f"{kendalltau(base[shared], means[shared]).statistic:.2f}" if known else "-"
        name = f"{comparison.protocol.name}{'*' if comparison.leaks else ''}"
        body.append([name, *_ranked(means, outside), tau])
    return text_table(["protocol", *labels, "tau"], body, terminal_width())


def _means(comparison: Comparison, labels: list[str], metric: str) -> np.ndarray:
    """Final mean of every method (fraction); NaN where unknown. A label may change with the space."""
    by_label = {method.label: method for method in comparison.methods}
    return rounded(
        [
            comparison.summary(by_label[label], metric, comparison.budget).mean
            if label in by_label
            else np.nan
            for label in labels
        ],
        EQUAL,
    )


def _outside(comparison: Comparison, labels: list[str]) -> np.ndarray:
    """Which methods are degenerate under this protocol."""
    degenerate = {method.label for method in comparison.degenerate}
    return np.array([label in degenerate for label in labels], dtype=bool)


def _ranked(means: np.ndarray, outside: np.ndarray) -> list[str]:
    """Means with their ranks; degenerate lines have their sign instead, and count in no rank."""
    ranked = np.where(outside, np.nan, means)
    return [
        ABSENT if np.isnan(mean) else f"{percent(mean)} [{SIGN if out else 1 + int((ranked > mean).sum())}]"
        for mean, out in zip(means, outside, strict=True)
    ]


def _described(comparison: Comparison) -> str:
    protocol = comparison.protocol
    unit = "simulated s" if protocol.unit == "seconds" else "queries"
    leaks = f" * LEAKS: {comparison.leaks}." if comparison.leaks else ""
    split, epochs = protocol.truth
    return (
        f"{protocol.name} ({protocol.hash}): {comparison.budget} {unit}, n = {len(comparison.seeds)}, "
        f"searches {protocol.split}@{protocol.epochs} ({protocol.replicate}), reports "
        f"{split}@{epochs} and, as test, {protocol.test_split}@{epochs}.{leaks}"
    )
