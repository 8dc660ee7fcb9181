"""Elite search: a generator learns the best paid architectures, and what it draws is asked next.

The loop of GraphPNAS (Li et al., arXiv 2211.15155; authors' code), shared with its RNN baseline:
rank-weighted maximum likelihood on an elite, which is a cross-entropy method. Nothing here needs torch.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, final

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from methods.base import BatchOptimizer
from methods.candidates import until_new
from methods.hyper import describe
from methods.optimizers._explorer import explore
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

GROWTH = 5
"""Every further batch drawn for a proposal has so many times the first one's size more (authors' code)."""

ON_DEVELOPMENT = "ours: 3, 5, 10 alike with graphpnas on nb201:imagenet16-120 and cifar100 (8 settings tried)"
CODE = "authors' code"
CONFIGS = "authors' NB101 and NB201 CIFAR-10 configs"
FOR_SPEED = "ours: the authors' training loss on 15 of 100 imagenet16-120 cells in a fifth of the time"


@dataclass(frozen=True)
class EliteHyper:
    """Hyper-parameters of the search loop, whatever the generator."""

    batch: Annotated[int, Field(ge=1)] = describe(
        5,
        "architectures queried per training (authors on NB101: 10)",
        f"{ON_DEVELOPMENT}; {CONFIGS}",
        published=1,
    )
    elite: Annotated[int, Field(ge=1)] = describe(15, "best paid architectures that are learnt", CONFIGS)
    reward: Literal["rank", "accuracy", "equal"] = describe(
        "rank",
        "weight of a likelihood: rank among the elite over its size, accuracy, or the same for all",
        CONFIGS,
    )
    reinitialise: bool = describe(True, "every training starts from a fresh generator", CODE)
    same: Literal["graph", "class"] = describe(
        "graph", "what is rejected as seen: the exact graph, or all of its class", CODE
    )
    epochs: Annotated[int, Field(ge=1)] = describe(
        50, "passes over the elite per training", f"{FOR_SPEED}; {CONFIGS}", published=70
    )
    batch_size: Annotated[int, Field(ge=1)] = describe(
        8, "graphs per step", f"{FOR_SPEED}; {CODE}", published=2
    )
    learning_rate: Annotated[float, Field(gt=0)] = describe(
        5e-3, "Adam", f"{FOR_SPEED}; {CODE}", published=1e-3
    )
    attempts: Annotated[int, Field(ge=1)] = describe(
        20, "growing batches drawn for a proposal before it is given up", CODE
    )
    warm_up: Annotated[int, Field(ge=0)] = describe(
        0,
        "architectures before the first training, the initial design among them, the others by the authors' "
        "explorer, which is biased",
        f"ours: the initial design is enough; {CONFIGS}",
        published=30,
    )
    explores: bool = describe(
        False,
        "where too few new graphs are drawn, that explorer fills in at once; else the runner's rule",
        f"ours; {CODE}",
        published=True,
    )


E = TypeVar("E", bound=EliteHyper)


class Generator(ABC):
    """A distribution over graphs that can be learnt and drawn from."""

    @abstractmethod
    def fit(self, cells: Cells, weights: Float[np.ndarray, " n"]) -> None:
        """Raise the weighted likelihood of architectures of the space, starting from what was learnt."""

    @abstractmethod
    def sample(self, n: int) -> Cells:
        """n drawn graphs; they may lie outside the space."""


class EliteSearch(BatchOptimizer[E]):
    """Learns the elite, draws until enough is valid and new, and proposes that.

    What was drawn in vain comes last, so that it is counted and costs nothing.
    """

    @abstractmethod
    def new_generator(self, space: SearchSpace) -> Generator:
        """An untrained generator."""

    def setup(self) -> None:
        self._generator: Generator | None = None
        self._learnt = 0  # labels there were at the last training

    @final
    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        labels = observed.distinct()
        missing = self.hyper.warm_up - len(labels)
        if missing > 0:
            return explore(space, min(n, missing), self.rng)
        generator = self._trained(space, labels)
        by_class = self.hyper.same == "class"
        proposal, found = draw_new(generator, space, observed, n, self.hyper.attempts, by_class)
        if found < n and self.hyper.explores:
            return Cells.concatenate([proposal, explore(space, n - found, self.rng)])
        return proposal

    def _trained(self, space: SearchSpace, labels: Observations) -> Generator:
        """The generator of the elite. A barren proposal, which brings no label, is no reason to train."""
        generator = self._generator
        if generator is None or len(labels) > self._learnt:
            if generator is None or self.hyper.reinitialise:
                generator = self.new_generator(space)
            best, weights = elite(labels, self.hyper.elite, self.hyper.reward)
            generator.fit(labels.cells[best], weights)
            self._generator, self._learnt = generator, len(labels)
        return generator


def elite(
    labels: Observations, size: int, reward: Literal["rank", "accuracy", "equal"]
) -> tuple[Int[np.ndarray, " m"], Float[np.ndarray, " m"]]:
    """Positions of the best labels, worst of them first, and their weights in (0, 1]."""
    best = np.argsort(labels.accuracy, kind="stable")[-size:]
    if reward == "accuracy":
        return best, labels.accuracy[best]
    if reward == "equal":
        return best, np.ones(len(best))
    return best, np.arange(1, len(best) + 1) / len(best)


def draw_new(
    generator: Generator,
    space: SearchSpace,
    observed: Observations,
    n: int,
    attempts: int,
    by_class: bool,
) -> tuple[Cells, int]:
    """Draws in growing batches until n are valid and new; those first, then other valid ones, then the rest.

    Also how many of the n are new: fewer if `attempts` batches were not enough. With `by_class` new means
    of an unseen isomorphism class.
    """
    batches = (generator.sample(n * (1 + GROWTH * attempt)) for attempt in range(attempts))
    drawn, new, valid = until_new(batches, space, observed, n, by_class)
    invalid = np.setdiff1d(np.arange(len(drawn)), valid)
    order = np.concatenate([new, np.setdiff1d(valid, new), invalid])
    return drawn[order], min(len(new), n)
