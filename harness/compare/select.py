"""Which stored runs a report is about."""

from __future__ import annotations

from dataclasses import replace

from harness.records.derived import Stored, load
from harness.records.store import RunStore
from harness.records.stored import StoredFailure, StoredRun
from harness.study.options import ReportOptions
from harness.study.seeds import typed
from tabular.catalogue import resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import differing

MOST_NAMED = 3
"""Failed runs in a message."""


def select(store: RunStore, options: ReportOptions) -> Stored:
    """What all given keys let through; `HarnessError` names a key that lets no run through."""
    stored = load(store)
    if not stored.done:
        more = f"; {len(stored.failed)} failed" if stored.failed else ""
        left_out = stored.left_out.sentence(store.folder)
        raise HarnessError(
            f"no stored runs in {store.folder}{more}: `harness run` makes them{left_out and f'. {left_out}'}"
        )
    runs: list[StoredRun | StoredFailure] = [*stored.done, *stored.failed]
    _refuse_unknown(runs, options)
    benchmarks = benchmarks_asked(options, {run.spec.benchmark for run in runs})

    def passes(run: StoredRun | StoredFailure) -> bool:
        spec = run.spec
        return (
            (not benchmarks or spec.benchmark in benchmarks)
            and (not options.protocol or spec.protocol.name in options.protocol)
            and (options.budget is None or spec.budget == options.budget)
            and (options.seeds is None or run.seed in options.seeds)
            and (not options.methods or is_one_of(spec.method, options.methods))
        )

    done = [run for run in stored.done if passes(run)]
    failed = [run for run in stored.failed if passes(run)]
    if not done:
        failures = "; ".join(f"{run.method} seed {run.seed}: {run.problem}" for run in failed[:MOST_NAMED])
        more = f"; {len(failed)} failed: {failures}" if failed else ""
        raise HarnessError(f"no stored runs with {_asked(options)} together{more}")
    if options.protocol and len(options.protocol) > 1:
        refuse_several(done)
    return replace(stored, done=done, failed=failed)


def benchmarks_asked(options: ReportOptions, stored: set[str]) -> set[str]:
    """Full names that `bench=` stands for. What is `stored` needs no benchmark of that name to be here."""
    named = {name: [name] if name in stored else resolve(name) for name in options.bench or ()}
    return {full for names in named.values() for full in names}


def _refuse_unknown(runs: list[StoredRun | StoredFailure], options: ReportOptions) -> None:
    """Raises `HarnessError` for a key that by itself lets nothing through, with what is stored."""
    if options.bench:
        stored = {run.spec.benchmark for run in runs}
        wanted = benchmarks_asked(options, stored)
        if not wanted & stored:
            raise HarnessError(
                f"no stored runs on {', '.join(sorted(wanted))}. Stored: {', '.join(sorted(stored))}"
            )
    protocols = {run.spec.protocol.name for run in runs}
    for name in options.protocol or ():
        if name not in protocols:
            raise unknown("stored protocol", name, protocols)
    budgets = {run.spec.budget for run in runs}
    if options.budget is not None and options.budget not in budgets:
        raise HarnessError(f"no stored runs with budget={options.budget}. Stored: {sorted(budgets)}")
    if options.seeds is not None and not {run.seed for run in runs} & set(options.seeds):
        raise HarnessError(f"no stored runs with seeds {typed(options.seeds)}")
    refuse_methods(options, {run.method for run in runs})


def refuse_methods(options: ReportOptions, labels: set[str]) -> None:
    """Raises `HarnessError` for a method that none of the stored labels is of."""
    for method in options.methods or ():
        if not any(is_one_of(label, (method,)) for label in labels):
            raise unknown("stored method", method, labels)


def is_one_of(label: str, methods: tuple[str, ...]) -> bool:
    """A name stands for itself and for its variants `name[field=value]`."""
    return label in methods or label.partition("[")[0] in methods


def _asked(options: ReportOptions) -> str:
    """The keys that were given, as they were given."""
    given = {
        "bench": options.bench and ",".join(options.bench),
        "methods": options.methods and ",".join(options.methods),
        "protocol": options.protocol and ",".join(options.protocol),
        "budget": options.budget,
        "seeds": options.seeds and typed(options.seeds),
    }
    return " ".join(f"{key}={value}" for key, value in given.items() if value is not None)


def refuse_several(runs: list[StoredRun]) -> None:
    """Raises `HarnessError`, naming the fields, if runs on one benchmark were made under different rules."""
    first: dict[str, StoredRun] = {}
    for run in runs:
        other = first.setdefault(run.spec.benchmark, run)
        one, two = other.spec.protocol, run.spec.protocol
        if one.hash != two.hash:
            raise HarnessError(
                f"{one.name} ({one.hash}) and {two.name} ({two.hash}) cannot meet in one ranking: they "
                f"differ in {', '.join(differing(one.rules(), two.rules()))}. `harness protocols effect` "
                "shows them beside each other"
            )
