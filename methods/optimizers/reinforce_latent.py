"""arch2vec's reinforcement learning: a policy that walks from latent point to latent point (section 3.3).

An LSTM reads the latent point asked last and gives the mean of a Gaussian; the action drawn from it is
moved to the nearest architecture that was not asked yet. Every `steps` answers are an episode: one Adam
step down mean(-log p(action) (reward - baseline)), after which the LSTM's memory is empty again while the
point is carried over. The walk starts at the last architecture of the initial design (authors: at a random
one that is not paid for).

`variant=published` follows the authors' scripts, `corrected` replaces what only fits their tables:

| | published | corrected |
|---|---|---|
| baseline | constant: 0.4 on NAS-Bench-201, else 0.95 | mean of what was paid for so far |
| reward | accuracy in [0, 1] | in standard deviations of what was paid for so far |
| snaps to | nearest open point, on NAS-Bench-201 never to the nearest of all | nearest open point |

The authors compute discounted rewards and overwrite them: there is no discount in either variant. The
policy's unit spread is wide beside arch2vec's points (standard deviation 0.03 to 0.17 per dimension on
NAS-Bench-201), so that actions point in a direction and snap to the rim, where the best cells are. With
points standardised over the space the search came out hardly better than random (CIFAR-100 and
ImageNet16-120, 10 seeds), so they are taken as they are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from methods.base import Optimizer, Representation, describe
from methods.candidates import Candidates, CandidateSource
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from methods.optimizers._latent_policy import Walk

PUBLISHED_BASELINES = {"nb201": 0.4}
PUBLISHED_BASELINE_ELSEWHERE = 0.95
PUBLISHED_SKIPS = {"nb201": 1}
"""How many of the nearest points the authors' script for a space passes over; none elsewhere."""


class ReinforceLatent(Optimizer["ReinforceLatent.Hyper"]):
    """Recurrent Gaussian policy over latent points, one architecture per proposal."""

    needs = (Representation,)
    lists_space_when = ("candidates", "all", "pool")

    @dataclass(frozen=True)
    class Hyper:
        variant: Literal["corrected", "published"] = describe(
            "corrected", "what the paper means, or what the authors' scripts do", "this file's table"
        )
        candidates: Literal["all", "pool"] = describe(
            "all", "points an action may snap to: every unseen one, or those of a pool", "authors' scripts"
        )
        pool: Annotated[int, Field(ge=2)] = describe(1000, "size of the pool", "ours: as gp_bo")
        parents: Annotated[int, Field(ge=1)] = describe(
            10, "best paid labels mutated for it", "ours: as gp_bo"
        )
        width: Annotated[int, Field(ge=1)] = describe(128, "width of the LSTM", "authors' scripts")
        steps: Annotated[int, Field(ge=1)] = describe(16, "answers per update", "authors' scripts")
        learning_rate: Annotated[float, Field(gt=0)] = describe(1e-2, "Adam", "authors' scripts")

    def setup(self) -> None:
        hyper = self.hyper
        self._source = CandidateSource(hyper.candidates, hyper.pool, hyper.parents, self.rng)
        self._walk: Walk | None = None
        self._asked: int | None = None  # key of the last proposal

    def propose(
        self, space: SearchSpace, representation: Representation, observed: Observations, n: int
    ) -> Cells:
        """The architecture nearest to the policy's action."""
        import torch

        drawn = self._source.draw(space, representation, observed)
        z = drawn.z
        if self._walk is None:
            self._walk = self._start(drawn.paid[-1])
        self._learn(self._walk, space, observed)
        noise = torch.from_numpy(self.rng.standard_normal(z.shape[1])).to(z.dtype)
        row = self._snapped(space, drawn, (z - self._walk.act(noise)).square().sum(dim=1))
        proposal = drawn.cells[[row]]
        self._asked, self._point = int(space.keys(proposal)[0]), z[row].clone()
        return proposal

    def _start(self, state: Float[Tensor, " d"]) -> Walk:
        from methods.networks.layers import seeded
        from methods.optimizers._latent_policy import LatentPolicy, Walk

        with seeded(self.rng):
            policy = LatentPolicy(len(state), self.hyper.width)
        return Walk(policy, self.hyper.learning_rate, state)

    def _learn(self, walk: Walk, space: SearchSpace, observed: Observations) -> None:
        """Enter the answer to the last proposal; at the end of an episode, a step."""
        import torch

        answers = np.flatnonzero(observed.keys == self._asked)  # nothing equals None
        if not len(answers):
            return
        walk.answered(float(observed.accuracy[answers[-1]]), self._point)
        if len(walk.rewards) < self.hyper.steps:
            return
        rewards = np.array(walk.rewards)
        if self.hyper.variant == "published":
            advantages = rewards - PUBLISHED_BASELINES.get(space.name, PUBLISHED_BASELINE_ELSEWHERE)
        else:
            paid = observed.distinct().accuracy
            advantages = (rewards - paid.mean()) / max(float(paid.std()), 1e-9)
        walk.learn(torch.from_numpy(advantages).float())

    def _snapped(self, space: SearchSpace, drawn: Candidates, distance: Float[Tensor, " m"]) -> int:
        """Row of the nearest candidate that is open."""
        order = distance.argsort(stable=True).numpy()
        if self.hyper.variant == "published" and drawn.is_open.sum() > 1:
            order = order[PUBLISHED_SKIPS.get(space.name, 0) :]
        return int(order[np.argmax(drawn.is_open[order])])
