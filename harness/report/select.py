"""Which stored runs a report is about."""

from __future__ import annotations

from harness.options import ReportOptions
from harness.store import RunRecord, RunStore, protocol_of
from tabular.catalogue import resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import differing


def select(store: RunStore, options: ReportOptions) -> list[RunRecord]:
    """The stored runs that all given keys let through; `HarnessError` names a key that lets none."""
    records = list(store.runs())
    if not records:
        raise HarnessError(f"no stored runs in {store.folder}: `harness run` makes them")
    if options.bench:
        wanted = {full for name in options.bench for full in resolve(name)}
        stored = {record.identity["benchmark"] for record in records}
        records = [record for record in records if record.identity["benchmark"] in wanted]
        if not records:
            raise HarnessError(
                f"no stored runs on {', '.join(sorted(wanted))}. Stored: {', '.join(sorted(stored))}"
            )
    if options.protocol:
        names = {record.identity["protocol"]["name"] for record in records}
        for name in options.protocol:
            if name not in names:
                raise unknown("stored protocol", name, names)
        records = [r for r in records if r.identity["protocol"]["name"] in options.protocol]
        if len(options.protocol) > 1:
            refuse_several(records)
    if options.budget is not None:
        budgets = {record.identity["budget"] for record in records}
        records = [record for record in records if record.identity["budget"] == options.budget]
        if not records:
            raise HarnessError(f"no stored runs with budget={options.budget}. Stored: {sorted(budgets)}")
    if options.seeds is not None:
        records = [record for record in records if record.seed in set(options.seeds)]
        if not records:
            raise HarnessError(f"no stored runs with seeds {options.seeds[0]}..{options.seeds[-1]}")
    return _of_methods(records, options.methods)


def refuse_several(records: list[RunRecord]) -> None:
    """Raises `HarnessError`, naming the fields, if runs on one benchmark were made under different rules."""
    first: dict[str, RunRecord] = {}
    for record in records:
        other = first.setdefault(record.identity["benchmark"], record)
        one, two = protocol_of(other), protocol_of(record)
        if one.hash != two.hash:
            raise HarnessError(
                f"{one.name} ({one.hash}) and {two.name} ({two.hash}) cannot meet in one ranking: they "
                f"differ in {', '.join(differing(one.rules(), two.rules()))}. `harness protocols effect` "
                "shows them beside each other"
            )


def _of_methods(records: list[RunRecord], methods: tuple[str, ...] | None) -> list[RunRecord]:
    """A name stands for itself and for its variants `name[field=value]`."""
    if methods is None:
        return records
    labels = {record.method for record in records}
    for method in methods:
        if not any(label == method or label.startswith(f"{method}[") for label in labels):
            raise unknown("stored method", method, labels)
    return [
        record for record in records if record.method in methods or record.method.partition("[")[0] in methods
    ]
