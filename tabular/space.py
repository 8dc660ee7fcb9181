"""Search spaces: which architectures exist. Roles only; the spaces themselves lie in `tabular/spaces`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container
from typing import Any, final

import numpy as np
from jaxtyping import Bool, Float, Int

from tabular.cells import Cells
from tabular.errors import HarnessError
from tabular.forms import Form, named, parsed

REJECTION_ROUNDS = 10_000


class SearchSpace(ABC):
    """A set of architectures with free knowledge about them (no label is ever read here)."""

    name: str
    """Unique name; spaces of one name and `digest` hold the same cells, whatever the dataset."""
    op_names: tuple[str, ...]
    """Vocabulary of `Cells.ops`."""
    vertices: int
    """Width v of the `Cells` of this space: the most vertices an architecture has."""
    size: int
    """Number of architectures (labelled graphs, before isomorphism)."""
    digest: str
    """Identity of the cells of the space; content caches (pre-training) are keyed by it."""
    complexity_digest: str
    """Identity of `complexity`, which may differ between datasets of one space."""
    complexity_measures: tuple[str, ...] = ("flops", "params")
    """What `complexity` knows; more than these two where devices were measured."""

    @abstractmethod
    def sample(self, n: int, rng: np.random.Generator) -> Cells:
        """n architectures drawn uniformly with replacement."""

    @abstractmethod
    def contains(self, cells: Cells) -> Bool[np.ndarray, " n"]:
        """True where a graph is, as it stands, an architecture of this space (strict validity)."""

    @abstractmethod
    def neighbours(self, cell: Cells) -> Cells:
        """All architectures one mutation away from the single given one."""

    @abstractmethod
    def keys(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """One integer per architecture, equal exactly where the space's authors see one architecture.

        In most spaces those are equal labelled graphs; NAS-Bench-101 lists isomorphic ones once, and in the
        DARTS space the two inputs of a vertex have no order. Raises `HarnessError` if a cell lies outside.
        """

    @abstractmethod
    def canonical(self, cells: Cells) -> Int[np.ndarray, " n"]:
        """One integer per isomorphism class, as the space's authors define the classes."""

    @abstractmethod
    def relabelled(self, cells: Cells, rng: np.random.Generator) -> Cells:
        """For each architecture a random one of its isomorphism class, possibly itself."""

    @abstractmethod
    def complexity(self, cells: Cells, measure: str = "flops") -> Float[np.ndarray, " n"]:
        """Known without training: `flops` in millions of multiply-adds, `params` in millions, or another of
        `complexity_measures` (`latency:<device>` in ms, `energy:<device>` in mJ; NaN where not measured).

        Raises `HarnessError` for a measure the space does not have.
        """

    @abstractmethod
    def largest_complexity(self, measure: str = "flops") -> float:
        """Upper bound of `complexity` over the space, to make it relative."""

    @property
    @abstractmethod
    def forms(self) -> tuple[Form, ...]:
        """How architectures are written: the form of run files first, then those of others."""

    @final
    def print(self, cells: Cells, form: str = "official") -> list[str]:
        """A text per architecture in the form of that name; `official` is that of the space's authors."""
        return named(self, form).write(cells)

    @final
    def parse(self, texts: Any, form: str | None = None) -> Cells:
        """Architectures of texts, or of the values they stand for: tuples, nested lists, arrays, numbers.

        Several, or a single one. Without `form` each is of any form that is unmistakable; a row of digits or
        a number is not, and has to be asked for. Raises `HarnessError` for what names no architecture, or
        may name several, and says which.
        """
        return parsed(self, texts, form)

    @final
    def to_strings(self, cells: Cells) -> list[str]:
        """A short text per architecture, as written into run files: the first of `forms`."""
        return self.forms[0].write(cells)

    @final
    def from_strings(self, texts: list[str]) -> Cells:
        """Inverse of `to_strings`; a text of another form is read as `parse` does, or refused likewise."""
        return parsed(self, texts, None, own_first=True)


class EnumerableSpace(SearchSpace):
    """A space small enough to list. `keys` are then positions in `all()`: 0 .. size-1.

    `canonical` gives the key of one architecture of the class, but for a pool, whose classes may have none.
    """

    @abstractmethod
    def all(self) -> Cells:
        """Every architecture once, in key order."""


class EdgeLabelled(ABC):
    """A space whose authors put operations on edges: another exact form of the same architectures.

    `labels[i, a, b]` for a < b is the operation on the edge a -> b of architecture i, an index into
    `edge_ops`; label 0 stands for no connection. All else is 0.
    """

    edge_ops: tuple[str, ...]
    """Vocabulary of edge labels; the first means no connection."""
    edge_vertices: int
    """Width k of the edge-labelled graph."""

    @abstractmethod
    def to_edge_labels(self, cells: Cells) -> Int[np.ndarray, "n k k"]:
        """Labels of architectures of this space; `HarnessError` for a cell outside it."""

    @abstractmethod
    def from_edge_labels(self, labels: Int[np.ndarray, "n k k"]) -> Cells:
        """Inverse of `to_edge_labels`; what lies below the diagonal is not read."""


def refuse_outside(inside: Bool[np.ndarray, " n"], name: str) -> None:
    """Raises `HarnessError` unless all cells are inside the space of that name."""
    if not inside.all():
        raise HarnessError(f"{int((~inside).sum())} of {len(inside)} cells are outside {name}")


def sample_unseen(
    space: SearchSpace,
    identity: Callable[[Cells], Int[np.ndarray, " n"]],
    taken: Container[int] | Int[np.ndarray, " m"],
    n: int,
    rng: np.random.Generator,
) -> Cells:
    """n different architectures, uniform over those whose `identity` is not in `taken`.

    `taken` holds integers: a set, `observed.known` or an array. `identity` is `space.keys` or
    `space.canonical`. Rejection sampling, so it works for spaces that cannot be listed. Raises
    `HarnessError` when fewer than n unseen architectures are left.
    """
    drawn: set[int] = set()
    taken = set(taken.tolist()) if isinstance(taken, np.ndarray) else taken
    found = [space.sample(0, rng)]
    missing = n
    for _ in range(REJECTION_ROUNDS):
        if missing == 0:
            break
        draw = space.sample(max(64, 2 * missing), rng)
        fresh: list[int] = []
        for row, key in enumerate(identity(draw).tolist()):
            if len(fresh) == missing:
                break
            if key not in drawn and key not in taken:
                drawn.add(key)
                fresh.append(row)
        found.append(draw[fresh])
        missing -= len(fresh)
    if missing:
        raise HarnessError(f"{space.name} has no {n} unseen architectures left")
    return Cells.concatenate(found)
