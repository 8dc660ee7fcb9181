"""One run: initial design, then fit, propose and query until the budget is spent."""

from __future__ import annotations

import time
from collections import Counter

import numpy as np

import tabular
from harness.records.run import Joined, Run, Timing
from harness.running.matching import Matcher
from harness.running.pretraining import pretrained
from harness.running.provenance import peak_memory_mb
from harness.running.seeding import initial_design, noise, stream
from harness.running.work import Tell
from harness.study.candidates import digest_of, searched
from harness.study.method import build
from harness.study.registry import Registry
from harness.study.spec import RunSpec
from methods.base import Decoder, MultiFidelity, Optimizer, Partial, Pretrainable, Representation
from tabular.benchmark import Benchmark
from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.oracle import Observations, Oracle
from tabular.space import SearchSpace, sample_unseen
from tabular.spaces.pool import PoolSpace, among

COUNTS = ("proposed", "invalid", "repeated", "fallback")
RECONSTRUCTED = "reconstruction_exact_percent"


def run(spec: RunSpec, registry: Registry, tell: Tell) -> Run:
    """Carry out a run. Raises whatever a plugin raises; nothing is stored here."""
    started, clock = time.time(), Clock()
    benchmark = tabular.load(spec.benchmark)
    if digest_of(benchmark, spec.candidates) != spec.table_digest:
        raise HarnessError(f"{spec.benchmark}: the table changed while the study ran")
    optimizer = _optimizer(spec, registry)
    representation, facts = _representation(spec, registry, benchmark)
    space = searched(benchmark, spec.candidates)
    if isinstance(representation, Partial):
        space = among(space, representation.known(), closed=True)
    labels = noise(spec.benchmark, spec.seed, spec.protocol.replicate)
    oracle = Oracle(benchmark, spec.protocol, spec.budget, labels, space)
    if facts and Decoder in optimizer.needs and RECONSTRUCTED in facts:
        facts = {**facts, "decoder_exact_percent": facts[RECONSTRUCTED]}
    clock.lap("prepare")
    loop = Loop(spec, space, oracle, representation, optimizer, clock)
    loop.start()
    going = True
    while going:
        tell(int(spec.budget - oracle.remaining), oracle.ledger.best)
        going = oracle.remaining > 0 and loop.step()
    clock.lap("query")
    if not len(oracle.ledger):
        raise HarnessError(f"budget={spec.budget} does not pay for the first query of this seed")
    return Run(
        spec=spec,
        ledger=oracle.ledger,
        joined=Joined.to(oracle.observed, spec, benchmark),
        counts={name: loop.counts[name] for name in (*COUNTS, *(["matched"] if loop.matches else []))},
        timing=Timing(clock.seconds, np.array(loop.answered), facts),
        provenance={
            "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(started)),
            "peak_memory_mb": peak_memory_mb(),
            **({"remark": representation.remark} if representation and representation.remark else {}),
            **(
                {"candidates": [space.size, benchmark.space.size]}
                if space.size < benchmark.space.size
                else {}
            ),
        },
    )


class Clock:
    """Wall seconds by phase. Every moment belongs to one: what the runner does itself is in there too."""

    def __init__(self) -> None:
        self.seconds = {"prepare": 0.0, "fit": 0.0, "propose": 0.0, "query": 0.0}
        self._last = time.perf_counter()

    @property
    def search(self) -> float:
        """Of the search so far: fitting, proposing and querying."""
        return self.seconds["fit"] + self.seconds["propose"] + self.seconds["query"]

    def lap(self, phase: str) -> None:
        """All the time since the last lap was spent on this phase."""
        now = time.perf_counter()
        self.seconds[phase] += now - self._last
        self._last = now


class Loop:
    """The conversation between a method and the oracle."""

    def __init__(
        self,
        spec: RunSpec,
        space: SearchSpace,
        oracle: Oracle,
        representation: Representation | None,
        optimizer: Optimizer,
        clock: Clock,
    ) -> None:
        self._protocol, self._space, self._oracle = spec.protocol, space, oracle
        self._representation, self._optimizer, self._clock = representation, optimizer, clock
        self._start_rng = initial_design(spec.benchmark, spec.seed)
        self._fallback_rng = stream("fallback", spec.benchmark, spec.seed)
        self._barren = 0
        self._matcher: Matcher | None = None
        if isinstance(space, PoolSpace) and not space.closed:
            self._matcher = Matcher(space, representation)
        self.counts: Counter[str] = Counter()
        self.answered: list[float] = []
        """Wall seconds of search before every answer of the ledger, to the millisecond."""

    @property
    def matches(self) -> bool:
        """Whether it searches a pool, to which what is outside is matched."""
        return self._matcher is not None

    def start(self) -> None:
        """Query the initial design, the same for every method at a seed."""
        full = self._protocol.epochs
        self._query_random(self._protocol.initial_design, self._start_rng, "initial", full)
        self._stamp()

    def step(self) -> bool:
        """One proposal: fit, propose, query what is new; random architectures after too many barren ones.

        False, with nothing done, if the budget covers no query at the schedule that is asked for.
        """
        oracle, space = self._oracle, self._space
        observed = oracle.observed
        epochs = self._schedule(observed)
        if self._optimizer.batch < 1:
            raise HarnessError(f"the optimizer's batch is {self._optimizer.batch}; it must be at least 1")
        wanted = oracle.affordable(self._optimizer.batch, epochs)
        if not wanted:
            return False
        self._clock.lap("query")
        if self._representation:
            self._representation.fit(space, observed.at(self._protocol.epochs))
            self._clock.lap("fit")
        proposal = self._optimizer.propose(space, self._representation, observed, wanted)
        self._clock.lap("propose")
        before = oracle.remaining
        oracle.query(self._select(proposal, wanted, epochs), "search", epochs)
        self._barren = self._barren + 1 if oracle.remaining == before else 0
        if self._barren >= self._protocol.patience:
            self.counts["fallback"] += wanted
            self._query_random(wanted, self._fallback_rng, "fallback", epochs)
            self._barren = 0
        self._stamp()
        return True

    def _stamp(self) -> None:
        """Note when the newest answers came."""
        self._clock.lap("query")
        new = len(self._oracle.ledger) - len(self.answered)
        self.answered += [round(self._clock.search, 3)] * new

    def _schedule(self, observed: Observations) -> int:
        """Epochs the next proposal is for: the full schedule, unless the optimizer has others."""
        if not isinstance(self._optimizer, MultiFidelity):
            return self._protocol.epochs
        schedules = self._protocol.schedules
        self._clock.lap("query")
        epochs = self._optimizer.schedule(schedules, observed)
        self._clock.lap("propose")
        if epochs not in schedules:
            raise HarnessError(f"the optimizer asked for {epochs} epochs; the schedules are {schedules}")
        return epochs

    def _select(self, proposal: Cells, wanted: int, epochs: int) -> Cells:
        """What to ask of a proposal: in its order, repeats included, until `wanted` have been charged."""
        if not isinstance(proposal, Cells):
            raise HarnessError(f"the optimizer proposed {type(proposal).__name__}, not Cells")
        self.counts["proposed"] += len(proposal)
        if self._matcher and self._matcher.has_outsiders(proposal):
            known = self._oracle.is_known(self._matcher.members, epochs)
            proposal, matched = self._matcher.replace(proposal, wanted, known)
            self.counts["matched"] += matched
        valid = np.flatnonzero(self._space.contains(proposal))
        cells = proposal[valid]
        identity = self._oracle.identity(cells).tolist()
        known = self._oracle.is_known(cells, epochs).tolist()
        asked: list[int] = []
        seen: set[int] = set()
        charged = repeats = 0
        for row, (name, is_known) in enumerate(zip(identity, known, strict=True)):
            repeated = is_known or name in seen
            repeats += repeated
            seen.add(name)
            if charged < wanted:
                asked.append(row)
                charged += not repeated or self._protocol.repeats == "charged"
        self.counts["invalid"] += len(proposal) - len(valid)
        self.counts["repeated"] += repeats
        return cells[asked]

    def _query_random(self, n: int, rng: np.random.Generator, purpose: str, epochs: int) -> None:
        oracle = self._oracle
        oracle.query(sample_unseen(self._space, oracle.identity, oracle.known, n, rng), purpose, epochs)


def _optimizer(spec: RunSpec, registry: Registry) -> Optimizer:
    rng = stream("optimizer", spec.benchmark, spec.optimizer.name, spec.seed)
    optimizer = build("optimizer", spec.optimizer, registry, rng)
    assert isinstance(optimizer, Optimizer)
    return optimizer


def _representation(
    spec: RunSpec, registry: Registry, benchmark: Benchmark
) -> tuple[Representation | None, dict[str, float] | None]:
    """The representation, pre-trained if it can be and the protocol shows the space, with facts of that."""
    plugin = spec.representation
    if plugin is None:
        return None, None
    rng = stream("representation", spec.benchmark, plugin.name, spec.seed)
    representation = build("representation", plugin, registry, rng)
    assert isinstance(representation, Representation)
    if spec.model is None or not isinstance(representation, Pretrainable):
        return representation, None
    state, facts = pretrained(spec.model, registry)
    representation.restore(benchmark.space, state)
    return representation, facts
