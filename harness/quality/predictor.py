"""What a predictor trained jointly with the representation has learnt from the training part's labels.

NGAE (Li et al., 2020, section 5.2 and Figure 4): the error of predicted accuracies on cells that were learnt
from and on others. Ranks are compared too, since a predictor may have learnt another scale.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float

from harness.quality.maps import predicted
from harness.quality.points import encoded, some
from harness.quality.subject import Measure, Outcome, Part, Sizes, Subject
from harness.quality.walks import rank_correlation
from methods.base import Predictor


def measure(subject: Subject, sizes: Sizes, rng: np.random.Generator) -> Outcome:
    """NaN where no label was learnt; errors also where what is predicted is no accuracy."""
    representation = subject.representation
    assert isinstance(representation, Predictor)
    numbers: dict[str, float] = {}
    mean = float(np.nanmean(subject.truth(subject.training.all())))
    for name, source in (("train", subject.training.all()), ("test", subject.test)):
        cells = some(source, sizes.cells, rng)
        truth = subject.truth(cells)
        guess = np.array(predicted(subject, encoded(representation, cells)))
        numbers[f"rmse_{name}"] = rmse(guess, truth) if representation.predicts_accuracy else np.nan
        numbers |= {f"{which}_{name}": value for which, value in ranked_alike(guess, truth).items()}
        numbers[f"rmse_of_mean_{name}"] = rmse(np.full(len(truth), mean), truth)
    return Outcome({measure.name: numbers[measure.name] for measure in MEASURES})


def rmse(guess: Float[np.ndarray, " n"], truth: Float[np.ndarray, " n"]) -> float:
    """Root of the mean squared error over those that are known; NaN where nothing is."""
    error = (guess - truth)[~np.isnan(guess - truth)]
    return float(np.sqrt(np.square(error).mean())) if len(error) else float("nan")


def ranked_alike(guess: Float[np.ndarray, " n"], truth: Float[np.ndarray, " n"]) -> dict[str, float]:
    """Spearman's rho and Kendall's tau-b over those that are known; NaN where all are equal, or none is."""
    from scipy.stats import kendalltau

    known = ~np.isnan(guess) & ~np.isnan(truth)
    guess, truth = guess[known], truth[known]
    if len(np.unique(guess)) < 2 or len(np.unique(truth)) < 2:
        return {"spearman": float("nan"), "tau": float("nan")}
    return {
        "spearman": rank_correlation(guess, truth),
        "tau": float(kendalltau(guess, truth).statistic),
    }


MEASURES = (
    Measure(
        "rmse_test",
        "root mean squared error of predicted accuracies, in points, on cells it has not learnt from",
        "RMSE test",
        better="lower",
        of_quantity=True,
    ),
    Measure(
        "rmse_train",
        "the same on cells whose labels it has learnt",
        "RMSE train",
        better="lower",
        of_quantity=True,
    ),
    Measure(
        "rmse_of_mean_test",
        "the error on the same cells of saying the mean of the training labels of each: what costs nothing",
        "of the mean",
        better="lower",
        of_quantity=True,
    ),
    Measure("spearman_test", "Spearman's rho of predicted and true accuracy, test cells", "rho test", ""),
    Measure("tau_test", "Kendall's tau of the same", "tau test", ""),
    Measure("spearman_train", "Spearman's rho on cells whose labels it has learnt", "rho train", ""),
)
PART = Part(
    name="predictor",
    words="errors and ranks of a predictor trained with the representation (labels=training)",
    measures=MEASURES,
    measure=measure,
    sizes=("cells",),
    needs=(Predictor,),
)
