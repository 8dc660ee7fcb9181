"""Carry out a study, or a share: what is stored is skipped, the rest is executed, and all is read back."""

from __future__ import annotations

import sys

from harness.records.derived import Stored
from harness.records.reference import place_of
from harness.records.store import RunStore
from harness.records.stored import stored_failure, stored_run
from harness.running.missing import Means, carry_out_missing, read_back
from harness.running.references import write_references
from harness.running.search import Search
from harness.study.method import Overrides, crossed
from harness.study.options import RunOptions
from harness.study.registry import Registry
from harness.study.study import specs


def carry_out(options: RunOptions, overrides: Overrides) -> tuple[Stored, list[str]]:
    """All that is stored of the study now, and one sentence per run that failed this time."""
    registry = Registry(options.plugins)
    registry.say_left_out()
    for sentence in crossed(options.methods, options.optimizers, registry)[1]:
        print(f"harness: {sentence}", file=sys.stderr)
    study = specs(options, overrides, registry)
    store = RunStore(options.results)
    store.check_writable()
    write_references(study, store)
    means = Means(options.workers, options.timeout, options.shard, options.existing)
    kept, failures = carry_out_missing(study, Search(), store, registry, means, stored_run)
    done, failed = read_back(study, store, kept, stored_run)
    found = Stored(done, [stored_failure(*each) for each in failed])
    for spec in {place_of(spec): spec for spec in study}.values():
        if reference := store.reference(spec):
            found.refer(reference)
    return found, failures
