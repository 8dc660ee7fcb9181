"""Command lines that make the runs of a comparison again, and words to cite it with."""

from __future__ import annotations

from harness.compare.comparison import Comparison, MethodRuns
from harness.compare.units import unit_words
from harness.study.seeds import typed


def run_lines(comparison: Comparison) -> list[str]:
    """One `harness run` for all methods with the same seeds and no hyper-parameter of their own; one for
    each of the others."""
    groups: dict[tuple[str, str], list[str]] = {}
    for method in comparison.methods:
        name, more = _words(method)
        groups.setdefault((typed(method.seeds), more), []).append(name)
    return [
        " ".join(
            filter(
                None,
                (
                    f"harness run methods={','.join(names)} bench={comparison.benchmark}",
                    f"protocol={comparison.protocol.name} budget={comparison.budget} seeds={seeds}",
                    more,
                ),
            )
        )
        for (seeds, more), names in groups.items()
    ]


def report_line(comparison: Comparison) -> str:
    """Prints the tables again."""
    return (
        f"harness report bench={comparison.benchmark} protocol={comparison.protocol.name} "
        f"budget={comparison.budget}"
    )


def _words(method: MethodRuns) -> tuple[str, str]:
    """Name of a method, and the settings that belong to it alone as words of a command line."""
    label, _, settings = method.label.partition("#")[0].partition("[")
    first = label.partition("+")[0].partition(":")[0]  # without the name of a file
    words = [each if "." in each.partition("=")[0] else f"{first}.{each}"
             for each in settings.removesuffix("]").split(";") if each]  # fmt: skip
    if method.runs[0].spec.pretraining == "per-seed":
        words.append("pretrain_seed=per-seed")
    if method.runs[0].spec.candidates:
        words.append("candidates=FILE")
    return label, " ".join(words)


def citation(comparison: Comparison) -> str:
    """A sentence for a paper: everything the numbers depend on."""
    counts = sorted({len(method.runs) for method in comparison.methods})
    seeds = str(counts[0]) if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    unit = unit_words(comparison.protocol.unit)
    return (
        f"{comparison.benchmark} (table {comparison.table_digest[:12]}), protocol "
        f"{comparison.protocol.name} ({comparison.protocol.hash}), budget {comparison.budget} {unit}, "
        f"{seeds} seeds per method; {_versions(comparison)}."
    )


def _versions(comparison: Comparison) -> str:
    made = {
        (
            str(run.provenance.get("packages", {}).get("nas-harness")),
            str(run.provenance.get("commit"))[:8],
            " with changes" if run.provenance.get("dirty") else "",
        )
        for method in comparison.methods
        for run in method.runs
    }
    names = [f"nas-harness {number} (commit {commit}{changes})" for number, commit, changes in sorted(made)]
    return ", ".join(names)
