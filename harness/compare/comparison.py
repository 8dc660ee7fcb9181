"""Runs that stand in one table, and their numbers. No benchmark is opened, no plugin loaded, no torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from harness.compare.degenerate import SIGN, flaw_of_line
from harness.compare.metrics import METRICS, Metric, worded
from harness.records.digits import EQUAL, rounded
from harness.records.run import Run
from harness.records.store import RunStore
from harness.records.stored import StoredFailure, StoredRun
from harness.records.tradeoffs import Front
from harness.stats.paired import Paired, compare_paired, signed_rank
from harness.stats.summary import Summary, summarise
from tabular.errors import HarnessError
from tabular.protocol import Protocol
from tabular.quantity import ACCURACY, Quantity

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

    @cached_property
    def flaw(self) -> str:
        """Why the line is degenerate and so not ranked, in words; empty if it is not (see `degenerate`)."""
        return flaw_of_line(self.runs)

    @property
    def name(self) -> str:
        """The label as tables and figures print it, with the sign of a degenerate line."""
        return f"{self.label} {SIGN}" if self.flaw else self.label

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
    quantity: Quantity = ACCURACY
    """What its numbers are, which are called accuracies here."""
    apart: str = ""
    """What tells it from another comparison of the same benchmark, protocol name and budget (other rules or
    another table); empty if there is none."""

    def worded(self, metric: str) -> Metric:
        """One of `METRICS` in words and units of the comparison's quantity."""
        return worded(METRICS[metric], self.quantity)

    @cached_property
    def rankable(self) -> list[MethodRuns]:
        """The lines that rankings, marks and tests are about, by label."""
        return [method for method in self.methods if not method.flaw]

    @cached_property
    def degenerate(self) -> list[MethodRuns]:
        """The other lines, by label: shown below those, and compared with none."""
        return [method for method in self.methods if method.flaw]

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
        """One value per run of one of `METRICS` (fraction), rounded as accuracies are; NaN where unknown."""
        asked = (method.label, metric, at, axis)
        if asked not in self._values:
            self._values[asked] = rounded(METRICS[metric].values(self, method, at, axis))
        return self._values[asked]

    @cached_property
    def _values(self) -> dict[tuple[str, str, float, str | None], Float[np.ndarray, " seeds"]]:
        """What was asked for already."""
        return {}

    def column(
        self, method: MethodRuns, name: str, at: float, axis: str | None = None
    ) -> Float[np.ndarray, " seeds"]:
        """One number per run of a column of `RunCurve`; NaN where unknown."""
        if self.protocol.unit == "queries" and axis in (None, "queries"):  # the grid is 1 .. budget
            columns = [getattr(run.curve, name) for run in method.runs]
            return np.array([column[min(int(at), len(column)) - 1] for column in columns])
        return np.array([run.curve.value(name, at, axis) for run in method.runs])

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
        statistic: str = "mean",
    ) -> Summary:
        """The statistic over seeds with its interval; NaN all through where some run has ended before."""
        values = self.values(method, metric, at, axis)
        if axis not in (None, self.protocol.unit) and np.isnan(values).any():
            values = values[:0]
        asked = values.tobytes(), statistic  # over much of a curve no run has found anything better
        if asked not in self._summaries:
            self._summaries[asked] = summarise(values, statistic)
        return self._summaries[asked]

    @cached_property
    def _summaries(self) -> dict[tuple[bytes, str], Summary]:
        """By values: what was asked for already."""
        return {}

    def centre(
        self,
        method: MethodRuns,
        metric: str,
        at: float,
        axis: str | None = None,
        statistic: str = "mean",
    ) -> float:
        """What methods are ranked by: the statistic with its sign, smaller is better; equal means equal."""
        found = self.summary(method, metric, at, axis, statistic).mean
        return float(rounded(-METRICS[metric].sign * found, EQUAL))

    def paired(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None = None
    ) -> Paired:
        """The first method against the second over the seeds both have; better is positive."""
        return compare_paired(*self._shared(first, second, metric, at, axis), EQUAL)

    def p_value(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None = None
    ) -> float:
        """`paired` alone in its p value; NaN with fewer than two seeds."""
        one, two = self._shared(first, second, metric, at, axis)
        known = ~np.isnan(one - two)
        return signed_rank((one - two)[known], EQUAL) if known.sum() > 1 else np.nan

    def _shared(
        self, first: MethodRuns, second: MethodRuns, metric: str, at: float, axis: str | None
    ) -> tuple[Float[np.ndarray, " seeds"], Float[np.ndarray, " seeds"]]:
        """Values of the seeds both have; better is larger."""
        one, two = (METRICS[metric].sign * self.values(each, metric, at, axis) for each in (first, second))
        if first.seeds == second.seeds:
            return one, two
        shared = set(first.seeds) & set(second.seeds)
        return one[[seed in shared for seed in first.seeds]], two[[seed in shared for seed in second.seeds]]

    def ranked(
        self, metric: str, at: float, axis: str | None = None, statistic: str = "mean"
    ) -> list[MethodRuns]:
        """Best first, unknown last, without degenerate lines; ties by name, so that the order never depends
        on the store's."""
        centres = {each.label: self.centre(each, metric, at, axis, statistic) for each in self.rankable}
        return sorted(self.rankable, key=lambda m: (np.nan_to_num(centres[m.label], nan=np.inf), m.label))
