"""The ENAS architectures of Zhang et al. (D-VAE, NeurIPS 2019): `final_structures6.txt` of their repository.

20,020 lines "rows, accuracy" as Python literals: six rows, the operation and the skip bits of a layer, and
the validation accuracy (a fraction, 5,000 CIFAR-10 images) of that architecture with the shared weights of
one trained supernet. How many epochs the supernet was trained is stated neither in the paper's code nor
beside the file, hence `valid@1`: one evaluation. There are no training times and no test accuracies. As
published, the first 1,000 lines are dropped.
"""

from __future__ import annotations

import random
import re
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int

from tabular.cells import Cells
from tabular.data.source import Tell
from tabular.data.texts import plain
from tabular.errors import HarnessError
from tabular.spaces.enas import LAYERS, ENASSpace
from tabular.table_file import Columns

FILE = "final_structures6.txt"
BURN_IN = 1000
TRAINING_SHARE = 0.9
ROWS = ", ".join(r"\[([0-5])" + ", ([01])" * layer + r"\]" for layer in range(LAYERS))
LINE = re.compile(rf"\[{ROWS}\], (0?\.[0-9]+|0|0\.|1|1\.0*)")
CHUNK = 2000


def lines(
    path: Path, tell: Tell = lambda share: None
) -> tuple[Cells, Float[np.ndarray, " n"], Int[np.ndarray, " n"]]:
    """Architecture, accuracy (fraction) and key of each line after the first 1,000, in file order.

    Raises `HarnessError` naming the first line that is no such pair.
    """
    try:
        texts = plain(path.read_bytes()).decode("ascii", errors="replace").splitlines()
    except OSError as problem:
        raise HarnessError(f"{path} cannot be read: {problem.strerror}") from None
    if len(texts) <= BURN_IN:
        raise HarnessError(f"{path.name} has {len(texts)} lines; more than {BURN_IN} are needed")
    space, keys, accuracy = ENASSpace(), [], []
    for number, text in enumerate(texts, start=1):
        match = LINE.fullmatch(text.strip())
        if match is None:
            raise HarnessError(
                f"{path.name} line {number} is no architecture with its accuracy: {text[:60]!r}"
            )
        if number > BURN_IN:
            *symbols, value = match.groups()
            keys.append("".join(symbols))
            accuracy.append(float(value))
        if number % CHUNK == 0:
            tell(number / len(texts))
    starts = [layer * (layer + 1) // 2 for layer in range(LAYERS + 1)]
    cells = space.from_strings(
        ["-".join(key[starts[row] : starts[row + 1]] for row in range(LAYERS)) for key in keys]
    )
    return cells, np.array(accuracy), space.keys(cells)


def cells(path: Path) -> Cells:
    """The distinct architectures in the order of their first lines: the rows of `convert`."""
    listed, _, keys = lines(path)
    return listed[first_lines(keys)]


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`{"enas:cifar10": {"valid@1": (rows, k)}}`, one row for each architecture of `cells`.

    An architecture that stands in several lines has as many replicates, k at most; NaN where it has fewer.
    """
    tell(0.0)
    _, accuracy, keys = lines(path, lambda share: tell(0.9 * share))
    tell(1.0)
    return {"enas:cifar10": columns(accuracy, keys)}


def first_lines(keys: Int[np.ndarray, " n"]) -> Int[np.ndarray, " rows"]:
    """Where each architecture stands for the first time."""
    return np.sort(np.unique(keys, return_index=True)[1])


def columns(accuracy: Float[np.ndarray, " n"], keys: Int[np.ndarray, " n"]) -> Columns:
    """`valid@1` of what `lines` gives, as in `convert`."""
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    row_of_key = np.empty(len(first), dtype=np.int64)
    row_of_key[np.argsort(first)] = np.arange(len(first))
    rows = row_of_key[which]
    order = np.argsort(rows, kind="stable")  # lines of one architecture side by side, in file order
    starts = np.searchsorted(rows[order], np.arange(len(first)))
    replicate = np.arange(len(rows)) - starts[rows[order]]
    valid = np.full((len(first), int(replicate.max()) + 1), np.nan)
    valid[rows[order], replicate] = accuracy[order]
    return {"valid@1": valid}


def published_split(n: int) -> tuple[Int[np.ndarray, " train"], Int[np.ndarray, " test"]]:
    """Line numbers (of `lines`) of the training and test set: Python's `Random(0).shuffle`, then 90 to 10.

    Source: the D-VAE authors' code; of 19,020 lines 17,118 and 1,902.
    """
    order = list(range(n))
    random.Random(0).shuffle(order)
    cut = int(n * TRAINING_SHARE)
    return np.array(order[:cut], dtype=np.int64), np.array(order[cut:], dtype=np.int64)
