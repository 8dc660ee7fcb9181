"""Steps of batched message passing with gradients written by hand.

They are equal to what automatic differentiation gives, to rounding. By hand the weight gradients of all
levels come from one matrix product, and elementwise parts cross memory once.

What that buys: the speed of whole training steps (forward, backward, Adam) whose gradients are left to
automatic differentiation, in per cent of this file's; the same forward in plain torch, sums by embedding
bags. One thread of a shared x86 server with AVX-512, thread time, best of four alternating rounds:

| hidden x batch | 64 x 32 | 501 x 32 | 128 x 512 |
|---|---|---|---|
| cells of NAS-Bench-201 | 85 | 93 | 80 |
| graphs of ENAS's shape | 80 | 89 | 75 |

Below 90 at the default size and at large batches, so it stays; `benchmarks/dag.py` times the steps.
`torch.compile` of the cell brought about 70 at 64 x 32, needs a C++ compiler, and a minute to begin with.
"""

from __future__ import annotations

from typing import Any

import torch
from jaxtyping import Float
from torch import Tensor
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from methods.networks.dag.decisions import Decisions
from methods.networks.dag.rows import Bags, VertexRows

ops = torch.ops.aten
MINUS_ONE = torch.tensor(-1.0)


class GatherSum(Function):
    """For every bag the sum of its rows."""

    @staticmethod
    def forward(ctx: Any, rows: Float[Tensor, "r c"], bags: Bags) -> Float[Tensor, "m c"]:
        ctx.bags = bags
        return bags.down.sum(rows)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Float[Tensor, "m c"]) -> tuple[Float[Tensor, "r c"], None]:
        return ctx.bags.up.sum(grad.contiguous()), None


class GRUStates(Function):
    """States of a GRU cell whose input products `x` and sums `[message, product]` are given.

    The hidden product is linear, so the product of a sum of messages is the sum of their products; `bias`
    is the hidden bias of the candidate state (the other two are part of `x`).
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "m three_width"],
        sums: Float[Tensor, "m four_width"],
        bias: Float[Tensor, " width"],
    ) -> Float[Tensor, "m width"]:
        states = x.new_empty(len(x), len(bias))
        ctx.kept = gru(x, sums, bias, states)
        ctx.save_for_backward(sums)
        return states

    @staticmethod
    @once_differentiable
    def backward(
        ctx: Any, grad: Float[Tensor, "m width"]
    ) -> tuple[Float[Tensor, "m three_width"], Float[Tensor, "m four_width"], Float[Tensor, " width"]]:
        (sums,) = ctx.saved_tensors
        width = grad.shape[1]
        grad_x, grad_sums = grad.new_empty(len(grad), 3 * width), grad.new_empty(len(grad), 4 * width)
        gru_gradient(grad, sums, ctx.kept, grad_x, grad_sums)
        return grad_x, grad_sums, grad_sums[:, 3 * width :].sum(0)


class Sweep(Function):
    """Asynchronous message passing over levels (D-VAE section 3.1).

    state = GRU(x, sum of incoming messages); message = sigmoid(gate) * value, where [gate, value] =
    `mix` state + `offsets`. `first` is added to the sums of the first n rows. Returns the states of all
    rows and [message, weight message] of all sending rows.
    """

    @staticmethod
    def forward(
        ctx: Any,
        x: Float[Tensor, "rows three_width"],
        bias: Float[Tensor, " width"],
        weight: Float[Tensor, "three_width width"],
        mix: Float[Tensor, "two_width width"],
        offsets: Float[Tensor, "senders two_width"],
        first: Float[Tensor, "n four_width"] | None,
        rows: VertexRows,
    ) -> tuple[Float[Tensor, "rows width"], Float[Tensor, "senders four_width"]]:
        width = len(bias)
        states, sent = x.new_empty(len(x), width), x.new_empty(rows.senders, 4 * width)
        gated = torch.empty_like(offsets)
        kept = []
        for start, stop in rows.levels:
            sums = rows.incoming.down.part(start, stop).sum(sent)
            if first is not None and start == 0:
                sums[: len(first)] += first
            kept.append((sums, gru(x[start:stop], sums, bias, states[start:stop])))
            if stop <= rows.senders:
                both, out = gated[start:stop], sent[start:stop]
                torch.addmm(offsets[start:stop], states[start:stop], mix.T, out=both)
                torch.mul(both[:, :width].sigmoid_(), both[:, width:], out=out[:, :width])
                torch.mm(out[:, :width], weight.T, out=out[:, width:])
        ctx.rows, ctx.kept, ctx.gated = rows, kept, gated
        ctx.starts = 0 if first is None else len(first)
        ctx.save_for_backward(weight, mix, states, sent)
        ctx.set_materialize_grads(False)
        return states, sent

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad_states: Tensor | None, grad_sent: Tensor | None) -> tuple[Tensor | None, ...]:
        weight, mix, states, sent = ctx.saved_tensors
        rows, gated, width = ctx.rows, ctx.gated, states.shape[1]
        senders = rows.senders
        grad_x, grad_sums = states.new_empty(len(states), 3 * width), states.new_empty(len(states), 4 * width)
        grad_gated, grad_products = torch.empty_like(gated), states.new_empty(senders, 3 * width)
        for (start, stop), (sums, cell) in zip(rows.levels[::-1], ctx.kept[::-1], strict=True):
            grad = None if grad_states is None else grad_states[start:stop]
            if stop <= senders:
                grad_out = rows.incoming.up.part(start, stop).sum(grad_sums)
                if grad_sent is not None:
                    grad_out += grad_sent[start:stop]
                product, both = grad_products[start:stop], grad_gated[start:stop]
                product.copy_(grad_out[:, width:])
                message = torch.addmm(grad_out[:, :width], product, weight)
                gate, value = gated[start:stop].split(width, 1)
                torch.mul(message, gate, out=both[:, width:])
                ops.sigmoid_backward.grad_input(message.mul_(value), gate, grad_input=both[:, :width])
                grad = both @ mix if grad is None else torch.addmm(grad, both, mix)
            assert grad is not None
            gru_gradient(grad, sums, cell, grad_x[start:stop], grad_sums[start:stop])
        return (
            grad_x,
            grad_sums[:, 3 * width :].sum(0),
            grad_products.T @ sent[:, :width],
            grad_gated.T @ states[:senders],
            grad_gated,
            grad_sums[: ctx.starts] if ctx.starts else None,
            None,
        )


class EdgeScores(Function):
    """The edge decisions' weight . relu(`to_earlier` earlier + bias + `to_new` new), block after block.

    What a block needs stays in the cache; the hidden layer, one row per decision, is never kept.
    """

    @staticmethod
    def forward(
        ctx: Any,
        states: Float[Tensor, "looked_at width"],
        bare: Float[Tensor, "bare width"],
        to_earlier: Float[Tensor, "hidden width"],
        bias: Float[Tensor, " hidden"],
        to_new: Float[Tensor, "hidden width"],
        weight: Float[Tensor, " hidden"],
        decisions: Decisions,
    ) -> Float[Tensor, " decisions"]:
        earlier, new = states[: decisions.earlier], states[decisions.earlier :]
        scores = states.new_empty(len(decisions.graph))
        of_bare = bare @ to_new.T
        ctx.sides = []
        for block in decisions.blocks:
            sides = states.new_empty(block.pairs.sources, len(weight))
            bare_at, new_at = block.bare_at, block.bare_at + len(bare)
            torch.addmm(bias, earlier[block.earlier], to_earlier.T, out=sides[:bare_at])
            sides[bare_at:new_at] = of_bare
            torch.mm(new[block.new], to_new.T, out=sides[new_at:])
            torch.mv(block.pairs.down.sum(sides).relu_(), weight, out=scores[block.decisions])
            ctx.sides.append(sides)
        ctx.decisions = decisions
        ctx.save_for_backward(states, bare, to_earlier, to_new, weight)
        return scores

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Float[Tensor, " decisions"]) -> tuple[Tensor | None, ...]:
        """A row gets weight * sum of grad * [hidden > 0]; these sums give the weight's gradient too."""
        states, bare, to_earlier, to_new, weight = ctx.saved_tensors
        decisions: Decisions = ctx.decisions
        grad_states = torch.empty_like(states)
        earlier, new = states[: decisions.earlier], states[decisions.earlier :]
        grad_earlier, grad_new = grad_states[: decisions.earlier], grad_states[decisions.earlier :]
        grad_to_earlier, grad_to_new = torch.zeros_like(to_earlier), torch.zeros_like(to_new)
        of_bare, grad_bias = bare.new_zeros(len(bare), len(weight)), torch.zeros_like(weight)
        grad_weight = torch.zeros_like(weight)
        for block, sides in zip(decisions.blocks, ctx.sides, strict=True):
            bare_at, new_at = block.bare_at, block.bare_at + len(bare)
            is_on = block.pairs.down.sum(sides).relu_().sign_()
            up = block.pairs.up
            active = up.sum(is_on, grad[block.decisions].index_select(0, up.indices))
            grad_weight += (active * sides).sum(0)
            active *= weight
            grad_bias += active[:bare_at].sum(0)
            of_bare += active[bare_at:new_at]
            torch.mm(active[:bare_at], to_earlier, out=grad_earlier[block.earlier])
            torch.mm(active[new_at:], to_new, out=grad_new[block.new])
            grad_to_earlier.addmm_(active[:bare_at].T, earlier[block.earlier])
            grad_to_new.addmm_(active[new_at:].T, new[block.new])
        grad_to_new.addmm_(of_bare.T, bare)
        return grad_states, of_bare @ to_new, grad_to_earlier, grad_bias, grad_to_new, grad_weight, None


def gru(
    x: Float[Tensor, "m three_width"],
    sums: Float[Tensor, "m four_width"],
    bias: Float[Tensor, " width"],
    states: Float[Tensor, "m width"],
) -> tuple[Tensor, Tensor, Tensor]:
    """Writes the new states (D-VAE eq. 5, PyTorch's order of gates); returns what the gradient needs."""
    width = len(bias)
    gates = (x[:, : 2 * width] + sums[:, width : 3 * width]).sigmoid_()
    hidden = sums[:, 3 * width :] + bias
    fresh = torch.addcmul(x[:, 2 * width :], gates[:, :width], hidden)
    # tanh(a) = 2 sigmoid(2a) - 1: torch's tanh takes ten times as long on CPU.
    torch.add(MINUS_ONE, fresh.mul_(2).sigmoid_(), alpha=2, out=fresh)
    torch.lerp(fresh, sums[:, :width], gates[:, width:], out=states)
    return gates, hidden, fresh


def gru_gradient(
    grad: Float[Tensor, "m width"],
    sums: Float[Tensor, "m four_width"],
    kept: tuple[Tensor, Tensor, Tensor],
    grad_x: Float[Tensor, "m three_width"],
    grad_sums: Float[Tensor, "m four_width"],
) -> None:
    """Writes the gradients of `gru`'s first two arguments."""
    gates, hidden, fresh = kept
    width = grad.shape[1]
    reset, update = gates.split(width, 1)
    to_reset, to_update, to_fresh = grad_x.split(width, 1)
    total = grad_sums[:, :width]
    torch.mul(grad, update, out=total)
    ops.tanh_backward.grad_input(grad - total, fresh, grad_input=to_fresh)
    ops.sigmoid_backward.grad_input((sums[:, :width] - fresh).mul_(grad), update, grad_input=to_update)
    ops.sigmoid_backward.grad_input(to_fresh * hidden, reset, grad_input=to_reset)
    grad_sums[:, width : 3 * width] = grad_x[:, : 2 * width]
    torch.mul(to_fresh, reset, out=grad_sums[:, 3 * width :])
