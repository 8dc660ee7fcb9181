"""The recurrent Gaussian policy of arch2vec's reinforcement learning over latent points, and its episodes."""

from __future__ import annotations

import math

import torch
from jaxtyping import Float
from torch import Tensor, nn


class LatentPolicy(nn.Module):
    """LSTM cell and a linear layer: from the latent point visited last to the mean of the next action.

    Actions are Gaussian with unit covariance (arch2vec section 3.3; 76,816 parameters at 16 dimensions and
    width 128).
    """

    def __init__(self, dimensions: int, width: int) -> None:
        super().__init__()
        self.cell = nn.LSTMCell(dimensions, width)
        self.mean = nn.Linear(width, dimensions)

    def step(
        self, state: Float[Tensor, " d"], memory: tuple[Tensor, Tensor] | None
    ) -> tuple[Float[Tensor, " d"], tuple[Tensor, Tensor]]:
        """Mean of the action at `state`, and the memory for the next step; None starts an episode."""
        hidden, inner = self.cell(state[None], memory)
        return self.mean(hidden)[0], (hidden, inner)

    def log_likelihood(
        self, states: Float[Tensor, "t d"], actions: Float[Tensor, "t d"]
    ) -> Float[Tensor, " t"]:
        """log p of the actions of one episode, taken at these states in this order."""
        memory: tuple[Tensor, Tensor] | None = None
        means = []
        for state in states:
            mean, memory = self.step(state, memory)
            means.append(mean)
        distance = (actions - torch.stack(means)).square().sum(dim=1)
        return -0.5 * distance - 0.5 * actions.shape[1] * math.log(2 * math.pi)


class Walk:
    """A policy on its way: where it stands, and the running episode."""

    def __init__(self, policy: LatentPolicy, learning_rate: float, start: Float[Tensor, " d"]) -> None:
        self._policy, self._state = policy, start
        self._optimizer = torch.optim.Adam(policy.parameters(), learning_rate)
        self._begin()

    def _begin(self) -> None:
        self._steps: list[tuple[Tensor, Tensor]] = []
        self._memory: tuple[Tensor, Tensor] | None = None
        self.rewards: list[float] = []
        """Answers of the running episode."""

    @torch.no_grad()
    def act(self, noise: Float[Tensor, " d"]) -> Float[Tensor, " d"]:
        """The next action: the policy's mean plus `noise`, which should be standard normal.

        It counts only once it is `answered`; acting again takes it back.
        """
        mean, self._memory_after = self._policy.step(self._state, self._memory)
        self._action = mean + noise
        return self._action

    def answered(self, reward: float, state: Float[Tensor, " d"]) -> None:
        """The last action became the architecture at `state`, where the walk stands now."""
        self._steps.append((self._state, self._action))
        self.rewards.append(reward)
        self._state, self._memory = state, self._memory_after

    def learn(self, advantages: Float[Tensor, " t"]) -> None:
        """End the episode with one step down mean(-log p * advantage). The state is carried over."""
        states, actions = (torch.stack(points) for points in zip(*self._steps, strict=True))
        log_p = self._policy.log_likelihood(states, actions)
        self._optimizer.zero_grad()
        (-log_p * advantages).mean().backward()
        self._optimizer.step()
        self._begin()
