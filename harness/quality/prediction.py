"""How well accuracies are predicted from a few labels: what a representation is worth to a predictor.

Random cells are labelled as a search would have them labelled (one training each), a predictor learns
from them, and what it says of other cells is held against the truth (`Protocol.truth`). Papers report
Kendall's tau at the label counts of `OF_PAPERS` (TNASP and PINAT: NAS-Bench-101 splits S1 to S5,
NAS-Bench-201). These labels are a measurement, apart from any search and its budget.

A representation that learns from labels (`ngae`, `supervised`) starts every time from its pre-trained state
and learns from the same labels as its predictor, `FITS` times over, as in a search.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from harness.quality.points import encoded, numbers, some, tensor
from harness.quality.regressors import REGRESSORS, Belief, Regressor, Scores
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from harness.stats.agreement import kendall, kendall_of_best, pearson, precision_of_best, rmse, spearman
from methods.base import Predictor, Representation
from tabular.cells import Cells
from tabular.oracle import Observations

COMMON = (10, 25, 50, 100, 250, 500, 1000)
OF_PAPERS = {"nb101": (100, 172, 424, 4236), "nb201": (78, 156, 469, 781, 1563)}
"""By space, what TNASP and PINAT train on."""
COUNTS = tuple(sorted({*COMMON, *(each for counts in OF_PAPERS.values() for each in counts)}))
UNIVERSE = 20_000
"""Cells that are labelled or tested, at most."""
FITS = 20
"""Proposals of a search, before each of which a representation learns from what has been paid for."""
BEST, FINEST = 0.1, 0.01
"""Shares of the tested cells in which ranks are looked at, and which a search would like to be told."""
OWN = "own"
PREDICTORS = (*REGRESSORS, OWN)
METRICS = ("tau", "tau_best", "spearman", "pearson", "rmse", "precision", "inside_95", "inside_50")
FREE = ("flops", "params")
"""Complexities by whose size alone, the largest first, cells are ranked: floors that need no label."""
CEILING = "training"
"""Another training of the same cells as a predictor of them."""


@dataclass(frozen=True)
class Trial:
    """Cells with one label each to learn from, and others to be tested on."""

    cells: Cells
    label: Float[np.ndarray, " n"]
    """One training of each, another one in every trial."""
    rows: Int[np.ndarray, " n"]
    """Where they are among all."""


@dataclass(frozen=True)
class Tested:
    """What predictions are held against."""

    cells: Cells
    truth: Float[np.ndarray, " m"]
    rows: Int[np.ndarray, " m"]


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """Means over `sizes.trials` trials; NaN where labels, truth or cells do not suffice."""
    everything = some(subject.everything, UNIVERSE, rng)
    truth, trainings = subject.truth(everything), _trainings(subject, everything)
    rows = np.flatnonzero(~np.isnan(truth) & ~np.isnan(trainings).all(axis=1))
    above = rows[truth[rows] > sizes.above] if sizes.above else rows
    chosen = above[: min(sizes.tested, len(rows) // 2)]
    tested = Tested(everything[chosen], truth[chosen], chosen)
    found = {measure.name: float("nan") for measure in MEASURES} | _free(subject, tested, trainings, rng)
    pool = np.setdiff1d(rows, chosen)
    counts = [n for n in counts_of(subject) if n <= len(pool)]
    if not len(chosen) or not counts:
        return Outcome(found)
    points = encoded(subject.representation, everything) if subject.representation.static else None
    scores: dict[tuple[str, int], list[Mapping[str, float]]] = {}
    for _ in range(sizes.trials):
        order = rng.permutation(pool)[: max(counts)]
        label = _one_of_each(trainings[order], rng)
        regressors = {name: regressor() for name, regressor in REGRESSORS.items()}
        for n in counts:
            trial = Trial(everything[order[:n]], label[:n], order[:n])
            for name, score in _scored(subject, trial, tested, points, regressors, rng):
                scores.setdefault((name, n), []).append(score)
    spread: dict[str, list[float | str]] = {name: [] for name in ("predictor", "labels", *METRICS)}
    for (name, n), each in scores.items():
        spread["predictor"].append(name)
        spread["labels"].append(n)
        for metric in METRICS:
            values = np.array([score[metric] for score in each])
            found[measure_name(metric, name, n)] = float(values.mean())
            spread[metric].append(float(values.std(ddof=1)) if len(values) > 1 else float("nan"))
    return Outcome(found, {"spread": spread})


def counts_of(subject: Subject) -> list[int]:
    """Label counts that are common to all benchmarks, and those of papers on this space."""
    return sorted({*COMMON, *OF_PAPERS.get(subject.space.name, ())})


def measure_name(metric: str, predictor: str, labels: int) -> str:
    """Of a number: `tau_gp_100`."""
    return f"{metric}_{predictor}_{labels}"


def _trainings(subject: Subject, cells: Cells) -> Float[np.ndarray, "n replicates"]:
    """What a query would return, by replicate; NaN where nothing is recorded."""
    protocol, benchmark = subject.protocol, subject.benchmark
    if not benchmark.has(protocol.split, protocol.epochs):
        return np.full((len(cells), 1), np.nan)
    inside_ = benchmark.space.contains(cells)
    known = benchmark.accuracy(cells[inside_], protocol.split, protocol.epochs)
    if protocol.replicate == "mean":
        known = benchmark.mean(cells[inside_], protocol.split, protocol.epochs)[:, None]
    values = np.full((len(cells), known.shape[1]), np.nan)
    values[inside_] = known
    return values


def _one_of_each(
    trainings: Float[np.ndarray, "n replicates"], rng: np.random.Generator
) -> Float[np.ndarray, " n"]:
    """A random recorded training of each cell."""
    drawn = np.where(np.isnan(trainings), -1.0, rng.random(trainings.shape))
    return trainings[np.arange(len(trainings)), drawn.argmax(axis=1)]


def _free(
    subject: Subject, tested: Tested, trainings: Float[np.ndarray, "n r"], rng: np.random.Generator
) -> dict[str, float]:
    """Floors and ceiling, on the tested cells: what needs no label, and what another training says.

    Where there are several trainings, one against the mean of the others; else the searched column against
    the reported one, if those are two.
    """
    found: dict[str, float] = {}
    for name in FREE:
        size = subject.space.complexity(tested.cells, name)
        found |= {f"tau_{name}": kendall(size, tested.truth)}
        found |= {f"tau_best_{name}": kendall_of_best(size, tested.truth, BEST)}
    mine = trainings[tested.rows]
    one, truth = _one_of_each(mine, rng) if len(mine) else np.empty(0), tested.truth
    if mine.shape[1] > 1:
        several = (~np.isnan(mine)).sum(axis=1) > 1
        mean = np.nanmean(mine[several], axis=1) if several.any() else np.empty(0)
        count = (~np.isnan(mine[several])).sum(axis=1)
        one, truth = one[several], (mean * count - one[several]) / np.maximum(count - 1, 1)
    elif subject.protocol.truth == (subject.protocol.split, subject.protocol.epochs):
        one = np.full(len(one), np.nan)
    return found | {
        f"tau_{CEILING}": kendall(one, truth),
        f"tau_best_{CEILING}": kendall_of_best(one, truth, BEST),
    }


def _scored(
    subject: Subject,
    trial: Trial,
    tested: Tested,
    points: Float[np.ndarray, "n d"] | None,
    regressors: Mapping[str, Regressor],
    rng: np.random.Generator,
) -> Iterator[tuple[str, dict[str, float]]]:
    """Every predictor with all metrics of what it says of the tested cells. `points` of all cells, where they
    do not depend on labels."""
    if points is None:
        learnt = _learnt(subject, trial)
        z, at = encoded(learnt, trial.cells), encoded(learnt, tested.cells)
        if isinstance(learnt, Predictor):
            guess = _own(learnt, at)
            error = rmse(guess, tested.truth) if learnt.predicts_accuracy else np.nan
            yield (
                OWN,
                {**_ranked(guess, tested.truth), "rmse": error, "inside_95": np.nan, "inside_50": np.nan},
            )
    else:
        z, at = points[trial.rows], points[tested.rows]
    back, score = Scores.of(trial.label)
    for name, regressor in regressors.items():
        belief = regressor.believes(z, score, at, rng)
        yield name, {**_ranked(belief.mean, tested.truth), **_measured(belief, back, tested.truth)}


def _learnt(subject: Subject, trial: Trial) -> Representation:
    """The representation as it was pre-trained, after it has learnt from the labels."""
    learnt = copy.deepcopy(subject.representation)
    nothing = np.zeros(len(trial.cells))
    keys = subject.space.keys(trial.cells)
    observed = Observations(trial.cells, keys, trial.label, nothing, nothing.astype(bool))
    for _ in range(FITS):
        learnt.fit(subject.space, observed)
    return learnt


def _own(learnt: Predictor, at: Float[np.ndarray, "m d"]) -> Float[np.ndarray, " m"]:
    """What its own predictor says of latent points."""
    import torch

    with torch.no_grad():
        return numbers(learnt.predict(tensor(at)))


def _ranked(guess: Float[np.ndarray, " m"], truth: Float[np.ndarray, " m"]) -> dict[str, float]:
    """What the scale of the guesses does not matter to, but for Pearson's correlation."""
    return {
        "tau": kendall(guess, truth),
        "tau_best": kendall_of_best(guess, truth, BEST),
        "spearman": spearman(guess, truth),
        "pearson": pearson(guess, truth),
        "precision": precision_of_best(guess, truth, FINEST),
    }


def _measured(belief: Belief, back: Scores, truth: Float[np.ndarray, " m"]) -> dict[str, float]:
    """Correlation and errors of accuracies, and how many truths lie in the intervals."""
    guess = back.accuracy(belief.mean)
    return {
        "pearson": pearson(guess, truth),
        "rmse": rmse(guess, truth),
        "inside_95": float(np.mean(back.inside(belief, truth, 0.95))),
        "inside_50": float(np.mean(back.inside(belief, truth, 0.50))),
    }


METRIC_WORDS = {
    "tau": ("Kendall's tau of predicted and true accuracy", "Kendall's tau", "higher", ""),
    "tau_best": ("the same among the truly best tenth", "tau in the best 10 %", "higher", ""),
    "spearman": ("Spearman's rho", "rho", "higher", ""),
    "pearson": ("Pearson's correlation", "r", "higher", ""),
    "rmse": ("root mean squared error in points", "RMSE", "lower", "%"),
    "precision": (
        "of the hundredth guessed best, the share among the truly best hundredth", "precision, top 1 %",
        "higher", "%",
    ),
    "inside_95": ("share of truths in the 95 % intervals (95 is right)", "in 95 %", "", "%"),
    "inside_50": ("share of truths in the 50 % intervals (50 is right)", "in 50 %", "", "%"),
}  # fmt: skip
"""By metric what it is, its heading, which way is better, and the unit."""
DECIMALS = 3
"""Of correlations, as papers print them."""
PREDICTOR_WORDS = {
    "gp": "Gaussian process",
    "ridge": "ridge regression",
    "forest": "random forest",
    OWN: "its own predictor",
}
FREE_WORDS = {
    "flops": "ranked by FLOPs, the largest first, without any label",
    "params": "ranked by parameters, the largest first, without any label",
    CEILING: "another training of the same cells (what the noise of a label leaves)",
}


def _measures() -> Iterator[Measure]:
    for metric, (words, short, better, unit) in METRIC_WORDS.items():
        for predictor, name in PREDICTOR_WORDS.items():
            for n in COUNTS:
                full = measure_name(metric, predictor, n)
                shown = metric == "tau" and predictor == "gp" and n in COMMON
                heading = f"{short}, {n} labels" if shown else full
                text = f"{words}: {name}, {n} labels"
                error = metric == "rmse"
                yield Measure(full, text, heading, unit, better, shown, DECIMALS, of_quantity=error)
    for metric in ("tau", "tau_best"):
        for name, words in FREE_WORDS.items():
            full = f"{metric}_{name}"
            text = f"{METRIC_WORDS[metric][0]}: {words}"
            yield Measure(full, text, full, unit="", decimals=DECIMALS, shown=False)


MEASURES = tuple(_measures())
PART = Part(
    name="prediction",
    words="how well accuracies are predicted from few labels, apart from any search",
    measures=MEASURES,
    measure=measure,
    unlisted=(
        f"<metric>_<predictor>_<labels>: {', '.join(METRIC_WORDS)}; {', '.join(PREDICTOR_WORDS)}; "
        f"{', '.join(map(str, COUNTS))}; and tau_<free>, tau_best_<free>: {', '.join(FREE_WORDS)}"
    ),
    sizes=("tested", "trials", "above"),
    asked=True,
    labels=True,
)
