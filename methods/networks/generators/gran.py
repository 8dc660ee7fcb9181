"""Graph recurrent attention network over partial graphs (Liao et al., NeurIPS 2019; GraphPNAS section 3)."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from jaxtyping import Float
from torch import Tensor, nn

from methods.networks.generators.graphs import GraphForm
from methods.networks.generators.partial_graphs import Layout, Partial, pair_features
from tabular.errors import HarnessError


@dataclass(frozen=True)
class Sizes:
    """Sizes of the network; the defaults are the authors'."""

    hidden: int = 24
    attention: int = 128
    layers: int = 7
    mixture: int = 10


@dataclass(frozen=True)
class Logits:
    """What the network says about every generation step, before normalisation."""

    edges: Float[Tensor, "n candidates mixture"]
    mixture: Float[Tensor, "n steps mixture"]
    labels: Float[Tensor, "n candidates l"] | None
    ops: Float[Tensor, "n steps c"] | None


class GRAN(nn.Module):
    """Message passing over the partial graphs, then heads on differences between new and old vertices.

    A vertex starts from a linear map of its row of earlier neighbours, its number one-hot and, if
    `operations_told`, its operation; a new vertex starts from 0. Numbers are features, so two orders of one
    graph are two graphs to the network.
    """

    def __init__(self, form: GraphForm, sizes: Sizes, operations_told: bool, empty_labels: bool) -> None:
        """`empty_labels` keeps the label 0 among those of a generated edge (authors' code)."""
        super().__init__()
        if form.vertices >= sizes.hidden:
            raise HarnessError(f"hidden={sizes.hidden} must exceed the {form.vertices} vertices of a graph")
        hidden, features = sizes.hidden, pair_features(form)
        self.first_label = 0 if empty_labels else 1
        self.row = nn.Linear(form.vertices, hidden - form.vertices)
        self.op = (
            nn.Linear(form.node_labels, hidden, bias=False) if form.node_labels and operations_told else None
        )
        self.blocks = nn.ModuleList(Block(hidden, sizes.attention, features) for _ in range(sizes.layers))
        self.edge_head = head(hidden, sizes.mixture)
        self.mixture_head = head(hidden, sizes.mixture)
        labels = form.edge_labels - self.first_label
        self.label_head = head(hidden, labels) if form.edge_labels > 2 else None
        self.op_head = head(hidden, form.node_labels) if form.node_labels else None

    def forward(self, layout: Layout, partial: Partial) -> Logits:
        state = self.states(layout, partial)
        difference = layout.candidate_difference @ state
        mixture = layout.per_step @ self.mixture_head(difference) / layout.per_step.sum(1, keepdim=True)
        return Logits(
            self.edge_head(difference),
            mixture,
            self.label_head(difference) if self.label_head else None,
            self.op_head(state[:, layout.is_new]) if self.op_head else None,
        )

    def states(self, layout: Layout, partial: Partial) -> Float[Tensor, "n rows hidden"]:
        """States of all vertices of all partial graphs after message passing."""
        identity = partial.identity.expand(len(partial.rows), -1, -1)
        rows = self.row(partial.rows) * ~layout.is_new[:, None]
        state = torch.cat([rows, identity], dim=2)
        if self.op:
            state = state + self.op(partial.ops)
        for number, block in enumerate(self.blocks):
            state = block(layout, partial, torch.relu(state) if number else state)
        return state


class Block(nn.Module):
    """h_v <- GRU(sum over u of message * attention, h_v), both from [h_u - h_v, pair features]."""

    def __init__(self, hidden: int, attention: int, features: int) -> None:
        super().__init__()
        self.inner = (hidden, attention)
        # First layers of the message and of the attention perceptron, which read the same.
        self.mix = nn.Linear(hidden + features, hidden + attention)
        self.message = nn.Linear(hidden, hidden)
        self.attention = nn.Linear(attention, hidden)
        self.update = nn.GRUCell(hidden, hidden)

    def forward(
        self, layout: Layout, partial: Partial, state: Float[Tensor, "n rows hidden"]
    ) -> Float[Tensor, "n rows hidden"]:
        difference = layout.difference @ state
        inner = torch.relu_(self.mix(torch.cat([difference, partial.pairs], dim=2)))
        message, attention = inner.split(self.inner, dim=2)
        sent = self.message(message) * torch.sigmoid(self.attention(attention))
        arrived = torch.bmm(partial.arrivals, sent)
        return self.update(arrived.flatten(0, 1), state.flatten(0, 1)).view_as(state)


def head(hidden: int, outputs: int) -> nn.Sequential:
    """Three-layer perceptron."""
    return nn.Sequential(
        nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, hidden), nn.ReLU(), nn.Linear(hidden, outputs)
    )
