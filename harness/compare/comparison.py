"""Runs that stand in one table, and their numbers. No benchmark is opened, no plugin loaded, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from jaxtyping import Float

from harness.compare.memory import Memory
from harness.compare.metrics import METRICS, area_under_regret
from harness.records.run import Run
from harness.records.store import RunStore
from harness.records.stored import StoredFailure, StoredRun
from harness.records.tradeoffs import Front, hypervolume, run_fronts
from harness.stats.paired import Paired, compare_paired, signed_rank
from harness.stats.summary import Statistic, Summary, bootstrap_interval, point
from tabular.errors import HarnessError
from tabular.protocol import Protocol

DEFAULT_POINTS: tuple[int, ...] = (25, 50, 100, 150)
DEFAULT_SHARES = (1 / 6, 1 / 3, 2 / 3, 1)
"""Of a budget in seconds, or of any other axis: the points shown."""


@dataclass(frozen=True)
class MethodRuns:
    """The runs of one line of a table: same method, same configuration, one per seed."""

    label: str
    runs: list[StoredRun]

    @cached_property
    def seeds(self) -> list[int]:
        """Seeds in order."""
        return [run.seed for run in self.runs]

    def whole(self) -> Iterator[Run]:
        """The runs with their ledgers, read from their files again."""
        store = RunStore(self.runs[0].path.parents[3])
        return (store.read_done(run.path) for run in self.runs)


@dataclass(frozen=True)
class Comparison:
    """Runs that may stand in one table: same benchmark table, protocol and budget."""

    benchmark: str
    protocol: Protocol
    table_digest: str
    budget: int
    methods: list[MethodRuns]
    failed: list[StoredFailure]
    """Runs of this comparison that raised, and were not done since."""
    optimum: float | None
    """Best mean over replicates (fraction); None if nobody knows it, or the reference file is gone."""
    random: Float[np.ndarray, " budget"] | None
    """Exact expected truth of random search after 1 .. budget queries, averaged over the seeds' noise; None
    if the benchmark is no table, or the reference files are gone."""
    fronts: dict[str, Front]
    """By measure: complexities and truths (rising) of the table's Pareto-optimal architectures."""
    complete: bool
    """Whether the reference files of all seeds are there."""
    note: str
    """What the benchmark's passport wants said under every table."""
    leaks: str
    """What the search saw that it should not, in words; empty if nothing."""
    apart: str = ""
    """What tells it from another comparison of the same benchmark, protocol name and budget (other rules or
    another table); empty if there is none."""
    memory: Memory = field(default_factory=Memory, compare=False, repr=False)

    @property
    def place(self) -> str:
        """What tells it from every other comparison of the same report, as a path."""
        return f"{self.benchmark.replace(':', '-')}/{self.protocol.name}-{self.budget}{self.apart}"

    @cached_property
    def seeds(self) -> list[int]:
        """All seeds of all methods."""
        return sorted({seed for method in self.methods for seed in method.seeds})

    def points(self, wanted: Sequence[int] | None, axis: str | None = None) -> list[int]:
        """Points to show: those wanted (else the usual ones), and the end."""
        end, usual = self.budget, DEFAULT_POINTS
        if axis not in (None, self.protocol.unit):
            end = self.end(str(axis))
        if (axis or self.protocol.unit) != "queries":
            usual = tuple(int(end * share) for share in DEFAULT_SHARES)
        shown = [each for each in wanted or usual if 0 < each <= end]
        return shown if wanted and shown else sorted({*shown, end})

    def end(self, axis: str) -> int:
        """The last point of an axis that all runs reach; of wall time, the last that any run reaches."""
        ends = [run.curve.along(axis)[-1] for method in self.methods for run in method.runs]
        known = [end for end in ends if not np.isnan(end)]
        if not known:
            raise HarnessError(f"x={axis}: no run on {self.benchmark} has it recorded")
        return int(np.ceil(max(known))) if axis == "wall" else int(min(known))

    def values(
        self, method: MethodRuns, metric: str, at: float, axis: str | None = None
    ) -> Float[np.ndarray, " seeds"]:
        """One value per run (fraction; regret as a fraction of accuracy); NaN where unknown."""
        asked = (method.label, metric, at, axis)
        if asked not in self._values:
            self._values[asked] = self._found(method, metric, at, axis)
        return self._values[asked]

    def _found(
        self, method: MethodRuns, metric: str, at: float, axis: str | None
    ) -> Float[np.ndarray, " seeds"]:
        if metric == "regret":
            best = np.nan if self.optimum is None else self.optimum
            return best - self.values(method, "truth", at, axis)
        if metric == "auc":
            along = axis or self.protocol.unit
            return np.array([area_under_regret(run.curve, self.optimum, at, along) for run in method.runs])
        if metric == "hypervolume":
            return self._hypervolumes(method, at, axis)
        if self.protocol.unit == "queries" and axis in (None, "queries"):  # the grid is 1 .. budget
            point = int(at) - 1
            return np.array([getattr(run.curve, metric)[point] for run in method.runs])
        return np.array([run.curve.value(metric, at, axis) for run in method.runs])

    @cached_property
    def _values(self) -> dict[tuple[str, str, float, str | None], Float[np.ndarray, " seeds"]]:
        """What was asked for already."""
        return {}

    def _hypervolumes(self, method: MethodRuns, at: float, axis: str | None) -> Float[np.ndarray, " seeds"]:
        if axis not in (None, self.protocol.unit):
            raise HarnessError(f"metric=hypervolume is known by {self.protocol.unit} only, not by {axis}")
        if self.measure is None:
            return np.full(len(method.runs), np.nan)
        table = self.fronts[self.measure]
        if at >= self.budget:
            found = [run.fronts for run in method.runs]
        else:
            found = [run_fronts(run, at) for run in method.whole()]
        fronts = [(np.array(each[self.measure]) if self.measure in each else None) for each in found]
        return np.array([np.nan if front is None else self._share(front, table) for front in fronts])

    def _share(self, front: Float[np.ndarray, "2 f"], table: Front) -> float:
        return self.memory("hypervolume", lambda *four: (hypervolume(four[:2], four[2:]),), *front, *table)[0]

    @cached_property
    def is_pool(self) -> bool:
        """Whether what the methods proposed may have been matched to a pool."""
        return any("matched" in run.counts for method in self.methods for run in method.runs)

    @cached_property
    def measure(self) -> str | None:
        """The complexity that trade-offs are shown with: FLOPs where they are known, else the next."""
        return next((name for name in ("flops", *self.fronts) if name in self.fronts), None)

    def summary(
        self,
        method: MethodRuns,
        metric: str,
        at: float,
        axis: str | None = None,
        statistic: Statistic = "mean",
    ) -> Summary:
        """The statistic over seeds with its interval; NaN all through where some run has ended before."""
        asked = (method.label, metric, at, axis, statistic)
        if asked not in self._summaries:
            values = self.values(method, metric, at, axis)
            if axis not in (None, self.protocol.unit) and np.isnan(values).any():
                values = values[:0]
            self._summaries[asked] = self.summarised(values, statistic)
        return self._summaries[asked]

    @cached_property
    def _summaries(self) -> dict[tuple[str, str, float, str | None, str], Summary]:
        """What was asked for already."""
        return {}

    def summarised(self, values: Float[np.ndarray, " seeds"], statistic: Statistic = "mean") -> Summary:
        """The statistic of values, NaN left out, with an interval that is computed once for all reports."""
        known = values[~np.isnan(values)]
        if len(known) < 2:
            return Summary(len(known), point(known, statistic), np.nan, np.nan, np.nan)
        low, high = self.memory(statistic, lambda array: bootstrap_interval(array, statistic), known)
        return Summary(len(known), point(known, statistic), float(known.std(ddof=1)), low, high)

    def paired(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None = None
    ) -> Paired:
        """The first method against the second over the seeds both have; better is positive."""
        arrays = self._shared(first, second, metric, at, axis)
        return Paired.of(self.memory("paired", lambda a, b: compare_paired(a, b).numbers(), *arrays))

    def p_value(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None = None
    ) -> float:
        """`paired` alone in its p value; NaN with fewer than two seeds."""
        one, two = self._shared(first, second, metric, at, axis)
        known = ~np.isnan(one - two)
        if known.sum() < 2:
            return np.nan
        return self.memory("signed rank", lambda a: (signed_rank(a),), (one - two)[known])[0]

    def _shared(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None
    ) -> list[Float[np.ndarray, " seeds"]]:
        """Values of the seeds both have; better is larger."""
        sign = 1.0 if METRICS[metric].higher else -1.0
        one, two = (self.values(method, metric, at, axis) for method in (first, second))
        if first.seeds == second.seeds:
            return [sign * one, sign * two]
        shared = set(first.seeds) & set(second.seeds)
        return [
            sign * values[[seed in shared for seed in method.seeds]]
            for method, values in ((first, one), (second, two))
        ]

    def ranked(
        self, metric: str, at: float, axis: str | None = None, statistic: Statistic = "mean"
    ) -> list[MethodRuns]:
        """Best first, unknown last; ties by name, so that the order never depends on the store's."""
        sign = -1.0 if METRICS[metric].higher else 1.0
        centres = {
            each.label: sign * self.summary(each, metric, at, axis, statistic).mean for each in self.methods
        }
        return sorted(self.methods, key=lambda m: (np.nan_to_num(centres[m.label], nan=np.inf), m.label))
