"""What is stored of the ENAS file: the listed architectures with their accuracies, and the surrogate."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tabular.data.source import Download, Source, Tell
from tabular.sources.enas_file import FILE, columns, first_lines, lines, published_split
from tabular.sources.enas_surrogate import fit, held_out
from tabular.split import PUBLISHED
from tabular.table_file import Columns

COMMIT = "3569a4a3bf5ecf8e12ae548e0d22e72062d29e26"
REPOSITORY = "https://raw.githubusercontent.com/muhanzhang/D-VAE"
SHA256 = "fea9a7dde1545e7d3bd58fd4b9c3db08a89c18e0351f770cde2fe530c4791725"
FACT = "held_out:"


def convert(path: Path, tell: Tell) -> dict[str, Columns]:
    """`enas-pool:cifar10` and `enas-surrogate:cifar10`, the latter with weights.

    The pool has `valid@1`, `key` (of `ENASSpace`) and which rows are of the published test part: those that
    do not also stand among the training lines.

    The surrogate is fitted to all lines; `held_out:<fact>` is measured on the published test lines with
    weights fitted to the published training lines alone.
    """
    listed, accuracy, keys = lines(path, lambda share: tell(0.2 * share))
    facts = held_out(listed, accuracy, published_split(len(listed)))
    tell(0.6)
    weights = fit(listed, accuracy)
    return {
        "enas-pool:cifar10": {
            **columns(accuracy, keys),
            "key": keys[first_lines(keys)],
            PUBLISHED: ~np.isin(keys[first_lines(keys)], keys[published_split(len(listed))[0]]),
        },
        "enas-surrogate:cifar10": {
            **weights,
            **{f"{FACT}{name}": np.array(value) for name, value in facts.items()},
        },
    }


SOURCES = (
    Source(
        name="enas",
        pattern=FILE,
        about="weight-sharing accuracies of 19,015 architectures of the ENAS macro space (D-VAE's data)",
        licence="MIT",
        convert=convert,
        kinds=("text",),
        page="https://github.com/muhanzhang/D-VAE",
        downloads=(Download(FILE, f"{REPOSITORY}/{COMMIT}/data/{FILE}", SHA256),),
        sha256=SHA256,
        size="1.7 MB",
    ),
)
