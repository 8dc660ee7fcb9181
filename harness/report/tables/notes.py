"""What stands under the tables: what the numbers mean, and everything a reader has to know to trust them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.decide import fewest_seeds
from harness.compare.degenerate import RULE, apart_from_their_line
from harness.compare.lines import untrained
from harness.compare.marks import LEVEL
from harness.compare.metrics import METRICS
from harness.compare.units import ABSENT, shorter_price, unit_words
from harness.compare.view import View
from harness.report.tables.blocks import end_metrics, is_known
from harness.stats.summary import STATISTICS
from harness.study.seeds import ranges


def notes(view: View, signs: Mapping[str, str]) -> list[str]:
    """Sentences, the meaning of the numbers first. `signs` are the marks of the format."""
    comparison = view.comparison
    return [
        _meaning(view),
        _marks(view, signs),
        *degenerate(comparison),
        f"protocol {_named(comparison)}: {rules(comparison)}",
        _caption_end(view),
        *([view.remark] if view.remark else []),
        *_warnings(view),
        *_absent(view),
        *(line for method in comparison.methods for line in _of_method(view, method)),
    ]


def caption(view: View, title: str) -> str:
    """For a table on its own: everything a number of it depends on."""
    comparison, centre = view.comparison, STATISTICS[view.statistic].words
    return (
        f"{title}. {centre[0].upper()}{centre[1:]} over seeds ±sd with 95 % bootstrap intervals; the "
        "best in bold, ≈ where a paired Wilcoxon test (Holm) finds no difference from it. "
        f"{f'{RULE} ' if comparison.degenerate else ''}Protocol {_named(comparison)}, {_caption_end(view)}"
    )


def degenerate(comparison: Comparison) -> list[str]:
    """Which lines are not ranked and why, and which seeds are not like their line; empty if none are."""
    lines = [apart_from_their_line(method.label, method.runs) for method in comparison.methods]
    found = [line for line in lines if line]
    if not comparison.rankable:
        found = ["Every line is degenerate: nothing is ranked, marked or tested.", *found]
    return [RULE, *found] if found or comparison.degenerate else []


def _named(comparison: Comparison) -> str:
    return f"{comparison.protocol.name} ({comparison.protocol.hash})"


def _meaning(view: View) -> str:
    split, epochs = view.comparison.protocol.truth
    centre = STATISTICS[view.statistic].words
    return view.comparison.quantity.said(
        f"{centre[0].upper()}{centre[1:]} over seeds ±sd, and [95 % bootstrap interval of the {centre}]. "
        f"truth: mean over replicates ({epochs}-epoch {split}) of the architecture with the best validation "
        "accuracy seen. seen: that validation accuracy. regret: optimum - truth, in points; mean regret: its "
        "mean up to there (area under the curve). architectures, classes: different ones queried. GPU h: "
        "simulated training. search s: wall seconds without pre-training. proposed, invalid, repeated: what "
        "the optimizer listed; only what is valid and new is paid for. filled in: random queries after "
        f"barren proposals.{_hypervolume(view)}"
    )


def _hypervolume(view: View) -> str:
    if not (view.at_end or view.metric == "hypervolume") or not is_known(view, "hypervolume"):
        return ""
    return f" hypervolume: {METRICS['hypervolume'].words} (accuracy against {view.comparison.measure})."


def _marks(view: View, signs: Mapping[str, str]) -> str:
    few = too_few(view)
    few = few and f" {few}: nothing is ruled out."
    return (
        f"{signs['best'].strip()}: the best of a column; {signs['tied'].strip()}: not significantly worse "
        f"(paired Wilcoxon signed-rank test against the best, Holm-corrected, {100 * LEVEL:.0f} %). effect: "
        "mean difference in standard deviations of the differences; P(better): of a run against a run of the "
        "best; detectable: the smallest mean difference these seeds would show with 80 % power."
        f"{few} Until a target: what all runs spent until they reached it or ended, per run that reached it; "
        "below it the median."
    )


def too_few(view: View) -> str:
    """Where no difference from the best can be significant, whatever the runs show: the sentence, without a
    full stop. Few pairs of seeds have no small p value, and Holm's correction asks for a smaller one the
    more methods there are."""
    if not view.ranked:
        return ""
    best, *others = view.ranked
    n = max((len({*best.seeds} & {*each.seeds}) for each in others), default=len(best.seeds))
    if n >= fewest_seeds(len(others), LEVEL):
        return ""
    methods = f" and {len(others) + 1} methods" if n >= fewest_seeds(1, LEVEL) else ""
    return f"With {n} seed{'' if n == 1 else 's'}{methods} no difference can be significant"


def rules(comparison: Comparison) -> str:
    """The protocol's rules as `field=value`."""
    skipped = ("name", "benchmark", "budget")
    return ", ".join(
        f"{key}={value}" for key, value in comparison.protocol.rules().items() if key not in skipped
    )


def _caption_end(view: View) -> str:
    comparison = view.comparison
    unit = unit_words(comparison.protocol.unit)
    return (
        f"table {comparison.table_digest[:12]}, seeds {ranges(comparison.seeds)} "
        f"(n = {len(comparison.seeds)}), budget {comparison.budget} {unit}, {_code(comparison)}."
    )


def _code(comparison: Comparison) -> str:
    """Which code made the runs."""
    made_by = {
        (str(run.provenance.get("commit"))[:8], bool(run.provenance.get("dirty")))
        for method in comparison.methods
        for run in method.runs
    }
    names = sorted(f"{commit}{' with changes' if dirty else ''}" for commit, dirty in made_by)
    return f"code {', '.join(names)}"


def _warnings(view: View) -> list[str]:
    """What a reader of the numbers must not miss."""
    comparison, protocol, lines = view.comparison, view.comparison.protocol, []
    if comparison.leaks:
        lines.append(f"LEAKS: {comparison.leaks}. Not comparable with an honest protocol.")
    if comparison.note:
        lines.append(comparison.note)
    if protocol.fidelities:
        lines.append(
            f"A query at e epochs is charged {shorter_price(protocol)}; only answers from the full schedule "
            f"({protocol.epochs} epochs) make the best architecture."
        )
    if comparison.is_pool:
        lines.append("matched: proposals outside the pool that were asked as their nearest member.")
    if len({candidates(method) for method in comparison.methods}) > 1:
        lines.append(
            "Lines search different candidates, and are compared all the same; candidates=FILE restricts all "
            "of them to those of a file."
        )
    if not comparison.complete:
        lines.append("optimum or random expectation: reference files are missing; `harness run` writes them.")
    for failed in comparison.failed:
        lines.append(f"{failed.method}: seed {failed.seed} failed and counts in no number: {failed.problem}")
    return lines


def candidates(method: MethodRuns) -> tuple[int, int] | None:
    """How many architectures a line searches among, and of how many; None where it is all of them."""
    found = method.runs[0].provenance.get("candidates")
    return (int(found[0]), int(found[1])) if found else None


def _absent(view: View) -> list[str]:
    """Why a number is missing."""
    lines = []
    if not is_known(view, "test"):
        lines.append("test: not in this benchmark.")
    if view.own_axis:
        return lines + _partly_known(view)
    if view.along == "wall":
        lines.append(
            "wall: a search that has ended keeps what it found; before the first answer there is none."
        )
    for method in view.comparison.methods:
        ends = [run.curve.along(view.along)[-1] for run in method.runs]
        if np.isnan(ends).any():
            lines.append(f"{method.label}: {ABSENT}, stored before {view.along} was kept.")
        elif min(ends) < view.last and view.along != "wall":
            lines.append(
                f"{method.label}: its first run ends at {min(ends):.4g} {view.units}; beyond that no "
                "mean is shown."
            )
    return lines


def _partly_known(view: View) -> list[str]:
    """Numbers that not all runs of a line have: answers from short schedules only, stored before the
    complexity was kept."""
    shown = [(view.metric, point) for point in view.points]
    shown += [(name, view.last) for name in end_metrics(view)]
    lines = []
    for method in view.comparison.methods:
        for metric, point in shown:
            missing = np.isnan(view.comparison.values(method, metric, point))
            if missing.any() and not missing.all():
                seeds = [seed for seed, none in zip(method.seeds, missing, strict=True) if none]
                lines.append(
                    f"{method.label}: {metric} after {point} {view.units} is without seeds "
                    f"{ranges(seeds)}, which have none."
                )
    return lines


def _of_method(view: View, method: MethodRuns) -> list[str]:
    lines = []
    if method.seeds != view.comparison.seeds:
        lines.append(f"{method.label}: only seeds {ranges(method.seeds)} (n = {len(method.seeds)}).")
    provenance = method.runs[0].provenance
    if remark := provenance.get("remark"):
        lines.append(f"{method.label}: {remark}.")
    return lines + _candidates(method) + _pretraining(method)


def _candidates(method: MethodRuns) -> list[str]:
    """How many architectures a line searches among, where its representation knows no others."""
    if method.runs[0].spec.candidates or not (counts := candidates(method)):
        return []
    held, of = counts
    return [f"{method.label}: searches among the {held:,} of {of:,} architectures that its file holds."]


def _pretraining(method: MethodRuns) -> list[str]:
    """What pre-training cost, whether all seeds share one model, and for decoders what came back of the cells
    it held out. What else is known of a representation is measured by `harness quality`."""
    facts = [run.timing.pretraining for run in method.runs]
    known = [each for each in facts if each]
    if not known:
        return []
    shared = method.runs[0].spec.pretraining == "shared"
    if untrained(facts):
        drawn = "one draw shared by all seeds" if shared else "a draw per seed"
        return [f"{method.label}: a control, untrained: its weights are as they were drawn ({drawn})."]
    rule = (
        "one model shared by all seeds, so intervals leave its variance out" if shared else "a model per seed"
    )
    seconds = np.mean([each["seconds"] for each in known])
    return [f"{method.label}: pre-trained without labels in {seconds:.0f} s ({rule}){_held_out(known)}."]


def _held_out(facts: Sequence[Mapping[str, float]]) -> str:
    """The share of held-out cells that came back exactly, beside its floor; empty where none was held out."""
    shares = [each["held_out_exact_percent"] for each in facts if "held_out_exact_percent" in each]
    if not shares:
        return ""
    floors = [each["floor_percent"] for each in facts if "floor_percent" in each]
    beside = f" (floor {np.mean(floors):.4g} %)" if floors else ""
    return f"; gave back {np.mean(shares):.1f} % of held-out cells exactly{beside}"
