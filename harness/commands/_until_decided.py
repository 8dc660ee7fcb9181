"""`harness run … until=decided`: batches of seeds until every pair of methods is separated."""

from __future__ import annotations

import sys

from harness.compare.decide import Decided, Plan, pair_values, remark, said
from harness.compare.grouping import compare
from harness.records.derived import Stored
from harness.running.carry_out import carry_out
from harness.study.method import Overrides
from harness.study.options import DEFAULT_BATCH, DEFAULT_MOST_SEEDS, RunOptions
from harness.study.registry import Registry
from harness.study.study import specs
from tabular.errors import HarnessError


def carry_out_decided(options: RunOptions, overrides: Overrides) -> tuple[Stored, list[str], dict[str, str]]:
    """All that is stored of the study now, one sentence per run that failed, and by benchmark a remark on
    the looks. Raises `HarnessError` for a plan that cannot work, before anything runs.
    """
    plan = Plan(len(options.seeds), options.batch or DEFAULT_BATCH, options.most_seeds or DEFAULT_MOST_SEEDS)
    if options.seeds != tuple(range(options.seeds[0], options.seeds[-1] + 1)):
        raise HarnessError("until=decided adds seeds to a count or a range, not to a list with gaps (seeds=)")
    _refuse_one_method(options, overrides)
    all_of_it, failures = Stored(), []
    found: dict[str, Decided] = {}
    for look in range(1, plan.looks + 1):
        stored, failed = carry_out(_part(options, plan, look), overrides)
        failures += failed
        all_of_it.done.extend(stored.done)
        all_of_it.failed.extend(stored.failed)
        all_of_it.references.update(stored.references)
        for comparison in compare(all_of_it):
            name = comparison.benchmark
            found[name] = found.get(name, Decided()).after(pair_values(comparison), plan.level)
            print(f"harness: {said(name, found[name], plan, look)}", file=sys.stderr)
        if not any(each.undecided for each in found.values()):
            break
    return all_of_it, failures, {name: remark(each, plan, look) for name, each in found.items()}


def _refuse_one_method(options: RunOptions, overrides: Overrides) -> None:
    labels = {spec.method for spec in specs(options, overrides, Registry(options.plugins))}
    if len(labels) < 2:
        raise HarnessError(f"until=decided compares methods; there is only {', '.join(labels)}")


def _part(options: RunOptions, plan: Plan, look: int) -> RunOptions:
    """The study of the seeds that a look adds."""
    start = options.seeds[0]
    before = plan.seeds(look - 1) if look > 1 else 0
    added = tuple(range(start + before, start + plan.seeds(look)))
    return options.model_copy(update={"seeds": added})
