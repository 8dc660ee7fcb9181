"""Adam on one flat view of all parameters, with the learning-rate schedules of the methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR, LRScheduler, OneCycleLR, ReduceLROnPlateau


class FlatAdam:
    """Adam with gradient-norm clipping on one flat view of all parameters.

    The same arithmetic as on separate tensors; small networks spend a fifth of a step on walking
    through them otherwise.
    """

    def __init__(self, module: nn.Module, rate: float, clip: float = 0.0) -> None:
        """`clip` is the largest gradient norm; 0: any."""
        parameters = list(module.parameters())
        flat = torch.cat([p.detach().reshape(-1) for p in parameters])
        self._flat = nn.Parameter(flat)
        self._flat.grad = torch.zeros_like(flat)
        offset = 0
        for p in parameters:
            span = slice(offset, offset + p.numel())
            p.data = self._flat.data[span].view_as(p)
            p.grad = self._flat.grad[span].view_as(p)
            offset = span.stop
        self._rate, self._clip = rate, clip
        self._adam = torch.optim.Adam([self._flat], rate, fused=True)
        self._by_step: LRScheduler | None = None
        self._by_epoch: ReduceLROnPlateau | None = None

    def one_cycle(self, steps: int) -> None:
        """From now on the rate rises to the given one and falls to zero over `steps` steps (Smith 2018)."""
        self._by_step = OneCycleLR(self._adam, self._rate, max(steps, 1), cycle_momentum=False)

    def linear_decay(self, steps: int, share: float) -> None:
        """Over `steps` steps from now, the rate falls linearly to zero in the last `share` of them."""
        self._by_step = LambdaLR(self._adam, lambda step: min(1.0, max(steps - step, 0) / (share * steps)))

    def plateau(self, factor: float, patience: int) -> None:
        """The rate is multiplied by `factor` after more than `patience` epochs without a lower loss."""
        self._by_epoch = ReduceLROnPlateau(self._adam, factor=factor, patience=patience)

    def step(self, loss: Float[Tensor, ""]) -> None:
        """One step down the gradient of `loss`."""
        assert self._flat.grad is not None
        self._flat.grad.zero_()
        loss.backward()
        if self._clip:
            nn.utils.clip_grad_norm_([self._flat], self._clip)
        self._adam.step()
        if self._by_step:
            self._by_step.step()

    def ended_epoch(self, loss: float) -> None:
        """Tells the schedule by epochs, if there is one, the training loss of an epoch."""
        if self._by_epoch:
            self._by_epoch.step(loss)

    def state(self) -> dict[str, Any]:
        """Moments, steps and schedules: all but the parameters."""
        schedule = self._by_step or self._by_epoch
        return {"adam": self._adam.state_dict(), "schedule": schedule.state_dict() if schedule else None}

    def load(self, state: Mapping[str, Any]) -> None:
        """Inverse of `state`, once the same schedule has been set."""
        schedule = self._by_step or self._by_epoch
        if schedule:
            schedule.load_state_dict(state["schedule"])
        self._adam.load_state_dict(state["adam"])
