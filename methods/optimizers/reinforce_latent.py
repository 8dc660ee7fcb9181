"""arch2vec's reinforcement learning: a policy that walks from latent point to latent point (section 3.3).

An LSTM reads the latent point asked last and gives the mean of a Gaussian; the action drawn from it is
moved to the nearest architecture that was not asked yet. Every `steps` answers are an episode: one Adam
step down mean(-log p(action) (reward - baseline)), after which the LSTM's memory is empty again while the
point is carried over. The walk starts at the last architecture of the initial design (authors: at a random
one that is not paid for).

The authors compute discounted rewards and overwrite them: there is no discount in any variant. The
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

from methods.base import Optimizer, Representation
from methods.candidates import Candidates, CandidateSource
from methods.hyper import describe
from tabular.cells import Cells
from tabular.oracle import Observations
from tabular.space import SearchSpace

if TYPE_CHECKING:
    from jaxtyping import Float
    from torch import Tensor

    from methods.optimizers._latent_policy import Walk

SCRIPTS = "authors' scripts"
SCRIPT_BASELINES = {"nb201": 0.4}
SCRIPT_BASELINE_ELSEWHERE = 0.95
SCRIPT_SKIPS = {"nb201": 1}
"""How many of the nearest points the authors' script for a space passes over; none elsewhere."""


class ReinforceLatent(Optimizer["ReinforceLatent.Hyper"]):
    """Recurrent Gaussian policy over latent points, one architecture per proposal."""

    needs = (Representation,)
    lists_space_when = ("candidates", "all", "pool")

    @dataclass(frozen=True)
    class Hyper:
        candidates: Literal["all", "pool"] = describe(
            "all", "points an action may snap to: every unseen one, or those of a pool", SCRIPTS
        )
        pool: Annotated[int, Field(ge=2)] = describe(
            1000, "size of the pool", "ours: as gp_bo", when={"candidates": "pool"}
        )
        parents: Annotated[int, Field(ge=1)] = describe(
            10, "best paid labels mutated for it", "ours: as gp_bo", when={"candidates": "pool"}
        )
        reward: Literal["score", "accuracy"] = describe(
            "score",
            "accuracy in standard deviations of what was paid for so far, or in [0, 1]",
            f"ours; {SCRIPTS}",
            published="accuracy",
        )
        baseline: Literal["mean", "constant"] = describe(
            "mean",
            "what is taken off: the mean of what was paid for, or 0.4 on NAS-Bench-201 and 0.95 elsewhere",
            f"ours; {SCRIPTS}, constants that fit their tables",
            published="constant",
        )
        snaps_to: Literal["nearest", "second_on_nb201"] = describe(
            "nearest",
            "the nearest open point; on NAS-Bench-201 perhaps never the nearest of all",
            f"ours; {SCRIPTS}",
            published="second_on_nb201",
        )
        width: Annotated[int, Field(ge=1)] = describe(128, "width of the LSTM", SCRIPTS)
        steps: Annotated[int, Field(ge=1)] = describe(16, "answers per update", SCRIPTS)
        learning_rate: Annotated[float, Field(gt=0)] = describe(1e-2, "Adam", SCRIPTS)

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
        walk.learn(torch.from_numpy(self._advantages(np.array(walk.rewards), space, observed)).float())

    def _advantages(
        self, accuracy: Float[np.ndarray, " t"], space: SearchSpace, observed: Observations
    ) -> Float[np.ndarray, " t"]:
        """Rewards of an episode less the baseline."""
        paid = observed.distinct().accuracy
        baseline = SCRIPT_BASELINES.get(space.name, SCRIPT_BASELINE_ELSEWHERE)
        if self.hyper.baseline == "mean":
            baseline = float(paid.mean())
        unit = max(float(paid.std()), 1e-9) if self.hyper.reward == "score" else 1.0
        return (accuracy - baseline) / unit

    def _snapped(self, space: SearchSpace, drawn: Candidates, distance: Float[Tensor, " m"]) -> int:
        """Row of the nearest candidate that is open."""
        order = distance.argsort(stable=True).numpy()
        if self.hyper.snaps_to == "second_on_nb201" and drawn.is_open.sum() > 1:
            order = order[SCRIPT_SKIPS.get(space.name, 0) :]
        return int(order[np.argmax(drawn.is_open[order])])
