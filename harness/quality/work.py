"""The work of measuring: a part of the quality of one representation at one seed."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from harness.quality.parts import PARTS
from harness.quality.subject import Outcome, Part, Sizes, Subject
from harness.records.quality import Quality
from harness.records.quality_store import QualityStore
from harness.running.pretraining import Facts, curve_of, free_labels, identity, pretrained
from harness.running.provenance import peak_memory_mb
from harness.running.seeding import stream
from harness.running.work import Tell, Work
from harness.study.code import DECIDES_RESULTS, code_digest
from harness.study.method import build
from harness.study.quality_spec import QualitySpec
from harness.study.registry import Registry
from harness.study.spec import ModelSpec
from methods.base import Optimizer, Partial, Pretrainable, Representation
from tabular.benchmark import Benchmark
from tabular.catalogue import judge, load_unlabelled
from tabular.errors import HarnessError
from tabular.oracle import Observations
from tabular.spaces.pool import PoolSpace, among
from tabular.split import split_among

CODE = code_digest(*DECIDES_RESULTS, "harness/quality", "harness/study/quality_study.py")
"""Read with the code itself: files may be edited while a study runs."""


class Measuring(Work[QualitySpec, Quality]):
    """Measures parts."""

    code = CODE

    def store(self, results: Path) -> QualityStore:
        return QualityStore(results)

    def perform(self, spec: QualitySpec, registry: Registry, tell: Tell) -> Quality:
        started, clock = time.time(), time.perf_counter()
        benchmark = load_unlabelled(spec.benchmark)
        if benchmark.digest != spec.table_digest:
            raise HarnessError(f"{spec.benchmark}: the table changed while the study ran")
        if spec.part not in PARTS:
            raise HarnessError(f"part '{spec.part}' is gone since the study began")
        subject, facts, words = _subject(spec, registry, benchmark)
        ready = time.perf_counter()
        outcome = _measured(PARTS[spec.part], subject, spec)
        seconds = {"prepare": ready - clock, "measure": time.perf_counter() - ready}
        return Quality(
            spec,
            outcome.numbers,
            outcome.columns,
            seconds,
            facts,
            provenance={
                "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
                "peak_memory_mb": peak_memory_mb(),
                "model_code": identity(spec.model, registry)["code"] if spec.model else None,
                "split": words,
                "training_cells": subject.training.size,
                "test_cells": len(subject.test),
                "note": benchmark.passport.get("note", ""),
                **({"remark": subject.representation.remark} if subject.representation.remark else {}),
                **_candidates(subject),
                **({"quantity": said} if (said := benchmark.quantity.content()) else {}),
            },
        )


def _candidates(subject: Subject) -> dict[str, list[int]]:
    """How many cells its representation knows, and of how many, where it does not know all."""
    space, every = subject.space, subject.benchmark.space
    fewer = isinstance(space, PoolSpace) and space.closed and space.size < every.size
    return {"candidates": [space.size, every.size]} if fewer else {}


def _subject(
    spec: QualitySpec, registry: Registry, benchmark: Benchmark
) -> tuple[Subject, Facts | None, str]:
    """The representation, after it has learnt what it may, with facts of its pre-training and where its parts
    are from."""
    plugin = spec.representation
    rng = stream("representation", spec.benchmark, plugin.name, spec.seed)
    representation = build("representation", plugin, registry, rng)
    assert isinstance(representation, Representation)
    known = benchmark.space
    if isinstance(representation, Partial):
        known = among(known, representation.known(), closed=True)
    parts = split_among(benchmark, spec.split, known)
    free = spec.labels == "training"
    curve: list[dict[str, float]] = []
    facts = None
    if spec.model is not None:
        assert isinstance(representation, Pretrainable)
        state, facts = pretrained(spec.model, registry)
        representation.restore(parts.training, state)
        curve, labelled = curve_of(spec.model, registry), free and representation.learns_labels
    else:
        labelled = free and not representation.static
        if labelled or representation.static:
            observed = _labels(spec, parts.training) if labelled else _nothing(parts.training)
            representation.fit(parts.training, observed)
    subject = Subject(
        representation,
        benchmark,
        spec.protocol,
        parts.training,
        parts.test,
        curve,
        labelled,
        judge=_judge(spec) if spec.judge else None,
    )
    return (_with_search(subject, spec, registry) if spec.optimizer else subject), facts, parts.words


def _with_search(subject: Subject, spec: QualitySpec, registry: Registry) -> Subject:
    """With the search of the method, and its labels by the keys of the whole space."""
    assert spec.optimizer is not None and spec.labels == "training"
    rng = stream("optimizer", spec.benchmark, spec.optimizer.name, spec.seed)
    optimizer = build("optimizer", spec.optimizer, registry, rng)
    assert isinstance(optimizer, Optimizer)
    labels = _labels(spec, subject.training)
    observed = replace(labels, keys=subject.space.keys(labels.cells), index=None)
    return replace(subject, optimizer=optimizer, observed=observed)


def _judge(spec: QualitySpec) -> Benchmark | None:
    """Who answers for what the benchmark does not know; `HarnessError` if it is not who it was."""
    answers = judge(spec.benchmark)
    if answers and answers.digest != spec.judge:
        raise HarnessError(f"{answers.name}: the table changed while the study ran")
    return answers


def _labels(spec: QualitySpec, space: PoolSpace) -> Observations:
    """Those of the training part."""
    model = ModelSpec(spec.representation, spec.benchmark, spec.seed, spec.split, labels=True)
    return free_labels(model, space)


def _nothing(space: PoolSpace) -> Observations:
    """Of what nobody has paid for."""
    cells, none = space.all()[:0], np.empty(0)
    return Observations(cells, space.keys(cells), none, none, np.empty(0, dtype=bool))


def _measured(part: Part, subject: Subject, spec: QualitySpec) -> Outcome:
    """What the part gives, as plain numbers. Raises `HarnessError` if that is not what it has promised."""
    space = subject.benchmark.space
    rng = stream("quality", part.name, space.digest, spec.seed)  # the same cells for all representations
    outcome = part.measure(subject, Sizes(**spec.sizes), rng)
    promised = [measure.name for measure in part.measures]
    if sorted(outcome.numbers) != sorted(promised):
        given = ", ".join(outcome.numbers) or "nothing"
        raise HarnessError(f"part '{part.name}' gave {given}; its measures are {', '.join(promised)}")
    numbers = {name: float(outcome.numbers[name]) for name in promised}
    endless = [name for name, value in numbers.items() if math.isinf(value)]
    if endless:
        raise HarnessError(f"part '{part.name}' gave infinite numbers: {', '.join(endless)}")
    columns = {
        table: {name: list(map(_plain, values)) for name, values in columns.items()}
        for table, columns in outcome.columns.items()
    }
    for table, its in columns.items():
        if len({len(values) for values in its.values()}) > 1:
            raise HarnessError(f"part '{part.name}': the columns of {table} differ in length")
    return Outcome(numbers, columns)


def _plain(value: Any) -> Any:
    """A number of an array library as Python's own."""
    return value.item() if isinstance(value, np.generic) else value
