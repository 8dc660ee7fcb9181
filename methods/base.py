"""The roles a plugin plays. A capability is a type: what a class can do is what it inherits.

A plugin is one class in one file. Its constructor is fixed (`Plugin.__init__`); its hyper-parameters
are the frozen dataclass `Hyper` inside it, each field made by `describe`. Naming that class in the base,
`class Mine(Optimizer["Mine.Hyper"])`, types `self.hyper`; a bare base leaves it `Any`. Latent points are
float32 torch tensors of shape (n, d).
"""

from __future__ import annotations

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, final

import numpy as np
from jaxtyping import Float
from typing_extensions import TypeVar

from methods.hyper import describe as describe  # noqa: PLC0414 (plugins find it here)
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from torch import Tensor


@dataclasses.dataclass(frozen=True)
class NoHyper:
    """For plugins without hyper-parameters."""


class HasBatch(Protocol):
    """Hyper-parameters of an optimizer that asks in batches."""

    @property
    def batch(self) -> int:
        """Architectures queried per proposal."""


H = TypeVar("H", default=Any)
B = TypeVar("B", bound=HasBatch)


class Plugin(ABC, Generic[H]):
    """What representations and optimizers share; `H` is the type of the hyper-parameters."""

    Hyper: ClassVar[type[Any]] = NoHyper
    """Frozen dataclass of the hyper-parameters."""
    version: ClassVar[int] = 1
    """Raise it when results change: it is part of a run's key."""
    transductive: ClassVar[bool] = False
    """True if it must see all unlabelled architectures; refused where a protocol forbids it."""
    lists_space_when: ClassVar[tuple[str, Any, Any] | None] = None
    """A hyper-parameter, the value at which it asks about every architecture of the space (it is then
    transductive and needs an `EnumerableSpace`), and the value that stands in where that cannot be."""

    @final
    def __init__(self, hyper: H, rng: np.random.Generator) -> None:
        """`hyper` is an instance of `Hyper`; all randomness must come from `rng`."""
        self.hyper = hyper
        self.rng = rng
        self.setup()

    def setup(self) -> None:
        """Called once, after `hyper` and `rng` are set. No labels yet, no space yet."""


class Representation(Plugin[H]):
    """Encodes architectures to latent points."""

    default_optimizer: ClassVar[str] = ""
    """Optimizer of the paper's system: what the representation's name alone means on the command line."""
    static: ClassVar[bool] = False
    """True if `encode` does not depend on labels, so that encodings may be kept."""
    remark: ClassVar[str] = ""
    """What is to be said of it under every table; empty for nothing."""

    @abstractmethod
    def fit(self, space: SearchSpace, observed: Observations) -> None:
        """Learn from what has been paid for so far. Called before every proposal."""

    @abstractmethod
    def encode(self, cells: Cells) -> Float[Tensor, "n d"]:
        """Latent points of architectures."""


class Watch(ABC):
    """Whoever looks on while a representation trains: keeps its state, and tells how far it is."""

    @abstractmethod
    def found(self, most: int) -> Mapping[str, Any] | None:
        """A state of a training that was cut short after at most so many passes; None to begin."""

    @abstractmethod
    def epoch(
        self,
        done: int,
        most: int,
        facts: Mapping[str, float],
        state: Callable[[], Mapping[str, Any]],
    ) -> None:
        """After `done` of about `most` passes; `facts` of this one (`loss`, ..), and the `state` to go on
        from: tensors, numbers, texts, and lists and dicts of them."""


class Pretrainable(ABC):
    """A representation that first learns without labels. The runner caches what it learns."""

    learns_complexity: ClassVar[bool] = False
    """True if pre-training reads complexity, which differs between datasets of one space."""
    learns_labels: ClassVar[bool] = False
    """True if pre-training uses labels where there are any."""

    @classmethod
    def pretrains(cls, hyper: Any) -> bool:
        """Whether these hyper-parameters learn without labels; where not, `pretrain` is not called."""
        return True

    @classmethod
    def grows(cls, hyper: Any) -> str | None:
        """The hyper-parameter that only says when pre-training ends, so that a shorter one is the beginning
        of a longer one; None where there is none."""
        return None

    @abstractmethod
    def pretrain(self, space: SearchSpace, labels: Observations | None, watch: Watch) -> dict[str, float]:
        """Learn from unlabelled architectures; returns measured facts about the outcome, for the report.

        `labels`: of architectures of the space, where those are free and `learns_labels`; None in a search,
        which pays for every label. `watch` is told of every pass over the cells, and may have a state to go
        on from. A fact whose name ends in `_percent` is printed as a percentage, others as plain numbers.
        """

    @abstractmethod
    def state(self) -> Mapping[str, Float[Tensor, "..."]]:
        """Everything learnt, as named tensors."""

    @abstractmethod
    def restore(self, space: SearchSpace, state: Mapping[str, Float[Tensor, "..."]]) -> None:
        """Inverse of `state`; called instead of `pretrain` when the outcome is cached."""


class Partial(ABC):
    """A representation that has points of some architectures alone: a search with it is among these."""

    @abstractmethod
    def known(self) -> Cells:
        """All architectures it has a point of, each once. `encode` raises `HarnessError` for others."""


@dataclasses.dataclass(frozen=True)
class Opened:
    """What was found in the file of a representation."""

    hyper: Mapping[str, Any]
    """The hyper-parameters that stand for it, whatever the file is called and wherever it lies."""
    cells: Cells
    """What `Partial.known` will be."""
    remarks: tuple[str, ...]
    """How much there is, and what of it is left out, in words."""


class OfFile(Partial):
    """A representation read from a file, written `name:FILE`; its hyper-parameter `file` is that FILE."""

    reading: ClassVar[tuple[str, ...]]
    """The hyper-parameters that say how to read it, and mean nothing afterwards; `file` is one of them."""

    @classmethod
    @abstractmethod
    def opened(cls, hyper: Any, space: SearchSpace, dataset: str) -> Opened:
        """Read the file for a space that is no pool, and the dataset of a benchmark; `HarnessError`, one
        sentence, says what is wrong with it."""


class Limited(ABC):
    """A representation that cannot work on every space."""

    @classmethod
    @abstractmethod
    def refusal(cls, space: SearchSpace, hyper: Any) -> str | None:
        """Why these hyper-parameters cannot work on a space, in a sentence; None where they can."""


class Autoencoder(ABC):
    """A representation whose full latent points decode; `encode` may give less.

    arch2vec, for one, decodes a point per vertex, and searches the means over vertices.
    """

    draws_stochastic: ClassVar[bool] = False
    """True if its authors, where they decode draws from the prior, draw every decision too."""

    @abstractmethod
    def posterior(self, cells: Cells) -> tuple[Float[Tensor, "n k"], Float[Tensor, "n k"]]:
        """Mean and standard deviation of each full latent point; deviations are 0 without a posterior."""

    @abstractmethod
    def reconstructed(self, points: Float[Tensor, "n k"], stochastic: bool) -> Cells:
        """One graph per full latent point: the likeliest decisions, or each drawn as predicted."""


class Decoder(ABC):
    """A representation that turns latent points back into architectures."""

    @abstractmethod
    def decode(self, z: Float[Tensor, "n d"]) -> Cells:
        """One graph per point. May lie outside the space; never repaired silently."""

    @abstractmethod
    def prior(self, n: int) -> Float[Tensor, "n d"]:
        """n points drawn from the latent prior."""


class Predictor(ABC):
    """A representation that predicts from a latent point, differentiably."""

    @property
    def predicts_accuracy(self) -> bool:
        """Whether `predict` gives accuracies (fractions), so that its errors have a meaning."""
        return False

    @abstractmethod
    def predict(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """Predicted accuracy on the representation's own increasing scale, differentiable in z."""

    @abstractmethod
    def objective(self, z: Float[Tensor, "n d"]) -> Float[Tensor, " n"]:
        """What a search in the latent space climbs: `predict`, less the price of complexity if any."""


class Optimizer(Plugin[H]):
    """Proposes the next architectures to query."""

    needs: ClassVar[tuple[type, ...]] = ()
    """Roles the representation must play; empty if the optimizer works without a representation."""
    needs_space: ClassVar[type[Any]] = SearchSpace
    """Kind of search space it works on."""

    @property
    def batch(self) -> int:
        """Architectures it wants to have queried per proposal."""
        return 1

    @abstractmethod
    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        """At least one architecture, best first. The runner pays for the first n new valid ones.

        Repeats before them are answered again. Invalid and repeated proposals are counted over the
        whole list. `representation` plays the roles in `needs` (None where `needs` is empty).
        """


class BatchOptimizer(Optimizer[B]):
    """An optimizer whose hyper-parameter `batch` says how many architectures it wants per proposal."""

    @property
    @final
    def batch(self) -> int:
        return self.hyper.batch


class MultiFidelity(ABC):
    """An optimizer that has architectures queried at shorter schedules too.

    Refused where the protocol has one schedule only. Its `propose` sees the answers from all schedules
    (`Observations.epochs`); a representation's `fit` those from the full one.
    """

    @abstractmethod
    def schedule(self, schedules: tuple[int, ...], observed: Observations) -> int:
        """Epochs at which the next proposal is to be queried, one of `schedules`.

        Asked before every proposal, and before `batch`. `schedules` are the protocol's, ascending; the
        last is the full one. The run ends where the budget no longer covers a query at what is asked for.
        """
