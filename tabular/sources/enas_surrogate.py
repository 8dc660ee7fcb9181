"""A surrogate for the ENAS macro space: accuracies for all 1.5e9 architectures from the 19,020 recorded ones.

Ridge regression on all single decisions (operation of a layer, skip connection) and all pairs of them:
accuracy = constant + sum over i <= j of Q[i, j] x_i x_j with 51 indicators x. The penalty is chosen by
five-fold cross-validation on the training lines alone. Measured by `held_out` on the published split: RMSE
.00148 on the 1,902 test lines (their standard deviation is .0060), Spearman .962, R2 .939. Fitted to 5,000
lines: .00159, kernel ridge regression with three-way products .00155, with an exponential kernel .00158 (the
best of their settings on the test lines); an answer of theirs costs a pass over all training lines.
"""

from __future__ import annotations

import numpy as np
from jaxtyping import Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.spaces.enas import LAYER, LAYERS, OPS, SKIPS, SOURCE, ENASSpace

INDICATORS = LAYERS * OPS + SKIPS
LEFT, RIGHT = np.triu_indices(INDICATORS)
PENALTIES = (0.3, 1.0, 3.0, 10.0, 30.0, 100.0)
FOLDS = 5
CHUNK = 20_000
DECIMALS = 9
Weights = dict[str, Float[np.ndarray, "..."]]


def fit(cells: Cells, accuracy: Float[np.ndarray, " n"]) -> Weights:
    """Weights `constant` (), `quadratic` (51, 51, upper triangle) and the chosen `penalty` ().

    Deterministic: folds are every fifth line. `accuracy` is a fraction; raises `HarnessError` for cells
    outside the ENAS space, for accuracies that are not finite and for fewer lines than folds.
    """
    accuracy = np.asarray(accuracy, dtype=np.float64)
    if len(accuracy) != len(cells) or len(cells) < 2 * FOLDS or not np.isfinite(accuracy).all():
        raise HarnessError(
            f"{len(cells)} architectures with {len(accuracy)} accuracies: as many finite ones are needed, "
            f"at least {2 * FOLDS}"
        )
    features = _products(_indicators(cells))
    folds = [slice(fold, None, FOLDS) for fold in range(FOLDS)]
    moments = [_moments(features[fold], accuracy[fold]) for fold in folds]
    total = sum(moments[1:], start=moments[0])
    error = np.zeros(len(PENALTIES))
    for fold, held in zip(folds, moments, strict=True):
        for which, (weights, constant) in enumerate(_solve(total - held, PENALTIES)):
            error[which] += ((features[fold] @ weights + constant - accuracy[fold]) ** 2).sum()
    penalty = PENALTIES[int(error.argmin())]
    ((weights, constant),) = _solve(total, (penalty,))
    quadratic = np.zeros((INDICATORS, INDICATORS))
    quadratic[LEFT, RIGHT] = weights
    return {"constant": np.array(constant), "quadratic": quadratic, "penalty": np.array(penalty)}


def predict(weights: Weights, cells: Cells) -> Float[np.ndarray, " n"]:
    """Predicted accuracy, a fraction kept in [0, 1]; the same for a cell whatever stands beside it."""
    quadratic, constant = weights["quadratic"], weights["constant"]
    parts = []
    for batch in cells.split(CHUNK):
        x = _indicators(batch)
        parts.append(((x @ quadratic) * x).sum(axis=1) + constant)
    # rounded because the order of summation, and with it the last bits, may depend on the batch size
    return np.clip(np.round(np.concatenate(parts), DECIMALS), 0.0, 1.0)


def held_out(
    cells: Cells,
    accuracy: Float[np.ndarray, " n"],
    split: tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]],
) -> dict[str, float]:
    """Facts about predictions on the test lines by weights fitted to the training lines alone.

    `rmse` (fraction), `spearman`, `pearson`, `r2`, `penalty`, numbers `train` and `test` of lines, and
    `rmse_of_mean`, the error of always answering the training mean.
    """
    train, test = split
    weights = fit(cells[train], accuracy[train])
    truth, answer = accuracy[test], predict(weights, cells[test])
    error, spread = ((answer - truth) ** 2).mean(), ((truth - truth.mean()) ** 2).mean()
    return {
        "train": float(len(train)),
        "test": float(len(test)),
        "rmse": float(np.sqrt(error)),
        "rmse_of_mean": float(np.sqrt(((accuracy[train].mean() - truth) ** 2).mean())),
        "spearman": float(np.corrcoef(_ranks(answer), _ranks(truth))[0, 1]),
        "pearson": float(np.corrcoef(answer, truth)[0, 1]),
        "r2": float(1 - error / spread),
        "penalty": float(weights["penalty"]),
    }


def _indicators(cells: Cells) -> Float[np.ndarray, "n 51"]:
    """One-hot operation of each layer, then the skip bits."""
    if not ENASSpace().contains(cells).all():
        raise HarnessError("the ENAS surrogate was given cells outside enas")
    ops = cells.ops[:, 1 : LAYERS + 1, None] == np.arange(1, OPS + 1)
    bits = cells.adjacency[:, SOURCE, LAYER + 1]
    return np.concatenate([ops.reshape(len(cells), LAYERS * OPS), bits], axis=1).astype(np.float64)


def _products(x: Float[np.ndarray, "n 51"]) -> Float[np.ndarray, "n 1326"]:
    return x[:, LEFT] * x[:, RIGHT]


def _moments(
    features: Float[np.ndarray, "n 1326"], accuracy: Float[np.ndarray, " n"]
) -> Float[np.ndarray, "1328 1328"]:
    """Sums over the lines of all products of features, accuracy and 1; they add up over folds."""
    table = np.column_stack([features, accuracy, np.ones(len(accuracy))])
    return table.T @ table


def _solve(
    moments: Float[np.ndarray, "1328 1328"], penalties: tuple[float, ...]
) -> list[tuple[Float[np.ndarray, " 1326"], float]]:
    """Ridge weights and the unpenalised constant for each penalty."""
    n, k = moments[-1, -1], len(LEFT)
    mean, level = moments[:k, -1] / n, moments[k, -1] / n
    gram = moments[:k, :k] - n * np.outer(mean, mean)
    target = moments[:k, k] - n * mean * level
    eigenvalues, basis = np.linalg.eigh(gram)
    turned = basis.T @ target
    found = [basis @ (turned / (eigenvalues.clip(min=0) + penalty)) for penalty in penalties]
    return [(weights, float(level - mean @ weights)) for weights in found]


def _ranks(values: Float[np.ndarray, " n"]) -> Float[np.ndarray, " n"]:
    """Mid-ranks: equal values share the mean of their places."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(count) - (count - 1) / 2)[which]
