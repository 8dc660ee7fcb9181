"""REINFORCE on categorical variables (Williams 1992), the policy of the tabular benchmarks' papers.

Every variable of an architecture (`methods.optimizers._variables`) has its own softmax. A step follows the
gradient of the mean of (reward - baseline) log p over the answers to the last proposal, where the baseline
is the moving average of rewards, the answer itself included (authors of NAS-Bench-101 and NAS-Bench-201).

- The initial design is the policy's first batch: it is drawn uniformly, and so is what the untrained policy
  draws (exactly on NAS-Bench-201, nearly where variables can be invalid).
- Draws outside the space cost nothing and teach nothing, as in nas_benchmarks; random architectures that
  fill in for barren proposals were not the policy's, so they teach nothing either.
- A draw that was asked before is answered again and learnt from again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from jaxtyping import Float, Int
from pydantic import Field

from methods.base import BatchOptimizer, describe
from methods.optimizers._variables import Variables
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace
from tabular.spaces.pool import whole

if TYPE_CHECKING:
    from torch import Tensor


ATTEMPTS = 100
"""Draws per wanted architecture before a proposal gives up on finding a valid one."""
ON_DEVELOPMENT = "nas_benchmarks (there plain ascent); of 0.01, 0.1, 0.5 best on cifar100, imagenet16-120"


class Reinforce(BatchOptimizer["Reinforce.Hyper"]):
    """A softmax per variable, trained on the answers to its own proposals."""

    @dataclass(frozen=True)
    class Hyper:
        learning_rate: Annotated[float, Field(gt=0)] = describe(
            0.1, "step size (NAS-Bench-201: 0.5, NATS-Bench: 0.01, both with Adam)", ON_DEVELOPMENT
        )
        update: Literal["adam", "ascent"] = describe(
            "adam", "Adam, or the plain gradient as in nas_benchmarks", "NAS-Bench-201 authors' code"
        )
        momentum: Annotated[float, Field(ge=0, lt=1)] = describe(
            0.9, "of the moving average that is the baseline", "NAS-Bench-201 authors' code; nas_benchmarks"
        )
        batch: Annotated[int, Field(ge=1)] = describe(
            1, "architectures drawn per proposal and step", "NAS-Bench-201 authors' code; nas_benchmarks"
        )

    def setup(self) -> None:
        self._baseline = MovingAverage(self.hyper.momentum)
        self._policy: Policy | None = None
        self._read = 0  # answers that were learnt from or passed over
        self._drawn: Int[np.ndarray, "m k"] = np.zeros((0, 0), dtype=int)
        self._keys: Int[np.ndarray, " m"] = np.zeros(0, dtype=int)

    def propose(self, space: SearchSpace, representation: Any, observed: Observations, n: int) -> Cells:
        """Draws in order, up to the n-th valid one, which may be a repeat; invalid ones are among them."""
        if self._policy is None:
            self._variables = Variables(space, self.rng)
            self._policy = Policy(self._variables.sizes, self.hyper.learning_rate, self.hyper.update)
            self._drawn, self._keys = self._variables.encode(observed.cells), observed.keys
        self._learn(self._policy, observed)
        drawn = self._policy.draw(ATTEMPTS * n, self.rng)
        cells = self._variables.decode(drawn)
        valid = np.flatnonzero(whole(space).contains(cells))[:n]
        self._drawn, self._keys = drawn[valid], space.keys(cells[valid])
        return cells[: int(valid[-1]) + 1 if len(valid) == n else len(cells)]

    def _learn(self, policy: Policy, observed: Observations) -> None:
        """One step on the answers to the last proposal: the first new entries, as far as they are its own."""
        length = min(len(self._keys), len(observed) - self._read)
        answered = observed.keys[self._read : self._read + length]
        own = int(np.cumprod(answered == self._keys[:length]).sum())
        rewards = observed.accuracy[self._read : self._read + own]
        self._read = len(observed)
        if own:
            advantages = [reward - self._baseline.updated(reward) for reward in rewards.tolist()]
            policy.step(self._drawn[:own], np.array(advantages))


class MovingAverage:
    """Exponential moving average without the bias towards its start at zero."""

    def __init__(self, momentum: float) -> None:
        self._momentum, self._sum, self._weight = momentum, 0.0, 0.0

    def updated(self, value: float) -> float:
        """The average after `value` has entered."""
        self._sum = self._momentum * self._sum + (1 - self._momentum) * value
        self._weight = self._momentum * self._weight + (1 - self._momentum)
        return self._sum / self._weight


class Policy:
    """Independent categorical distributions, uniform at first."""

    def __init__(self, sizes: tuple[int, ...], learning_rate: float, update: str) -> None:
        import torch

        exists = torch.arange(max(sizes)) < torch.tensor(sizes)[:, None]
        self.logits: Tensor = torch.zeros(exists.shape, dtype=torch.float64).masked_fill(~exists, -torch.inf)
        self.logits.requires_grad_(True)
        rule = {"adam": torch.optim.Adam, "ascent": torch.optim.SGD}[update]
        self._optimizer: torch.optim.Optimizer = rule([self.logits], lr=learning_rate)

    def draw(self, n: int, rng: np.random.Generator) -> Int[np.ndarray, "n k"]:
        """n independent draws of all variables (by the Gumbel-max trick, so that `rng` is all it takes)."""
        logits = self.logits.detach().numpy()
        return (logits + rng.gumbel(size=(n, *logits.shape))).argmax(axis=2)

    def step(self, drawn: Int[np.ndarray, "m k"], advantages: Float[np.ndarray, " m"]) -> None:
        """One step up the gradient of mean(advantage * log p(drawn))."""
        import torch

        log_p = torch.log_softmax(self.logits, dim=1)
        rows = torch.arange(log_p.shape[0])
        likelihood = log_p[rows, torch.from_numpy(drawn)].sum(dim=1)
        loss = -(torch.from_numpy(advantages) * likelihood).mean()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
