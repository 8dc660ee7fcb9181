"""The graph generator of GraphPNAS: training on weighted graphs and drawing new ones.

Vertex after vertex is added (block size and stride 1): its edges from earlier vertices as one vector
from a mixture of Bernoulli distributions, its operation, and the labels of its edges. Under teacher
forcing all steps of all graphs are one batch; drawing loops over vertices alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from methods.networks.flat_adam import FlatAdam
from methods.networks.generators.fitting import Training, fit
from methods.networks.generators.gran import GRAN, Sizes
from methods.networks.generators.gran_loss import StepLosses, normalised, step_losses
from methods.networks.generators.graphs import GraphForm, Graphs
from methods.networks.generators.partial_graphs import Layout, partial_graphs, targets
from methods.networks.layers import seeded
from methods.optimizers._elite import Generator
from tabular.cells import PAD, Cells
from tabular.space import SearchSpace


@dataclass(frozen=True)
class Rules:
    """What the authors' code does otherwise, each by itself; by default without its defects."""

    operations_told: bool = True
    """The network knows the operations of earlier vertices."""
    empty_labels: bool = False
    """The label of a generated edge may be drawn as `no edge`."""
    loops: bool = False
    """The new vertex counts among those from which edges to it may come."""


class GraphGenerator(Generator):
    """GRAN, trained and drawn from."""

    def __init__(
        self, space: SearchSpace, sizes: Sizes, training: Training, rules: Rules, rng: np.random.Generator
    ) -> None:
        self.form = GraphForm(space)
        self._training, self._rng = training, rng
        steps = range(1, self.form.vertices)
        self.all_steps = Layout(self.form, list(steps), with_loops=rules.loops)
        self._single_steps = [Layout(self.form, [step], with_loops=rules.loops) for step in steps]
        with seeded(rng):
            self.network = GRAN(self.form, sizes, rules.operations_told, rules.empty_labels)
        self._optimizer = FlatAdam(self.network, training.learning_rate)

    def fit(self, cells: Cells, weights: Float[np.ndarray, " n"]) -> None:
        graphs, layout = self.form.read(cells), self.all_steps
        partial, true = partial_graphs(layout, graphs), targets(layout, graphs)

        def losses(rows: Int[Tensor, " m"]) -> Float[Tensor, " m"]:
            part = true.of(rows)
            logits = self.network(layout, partial.of(rows))
            return normalised(layout, step_losses(layout, logits, part, self.network.first_label), part)

        with seeded(self._rng):
            fit(self._optimizer, self._training, weights, losses)

    @torch.no_grad()
    def losses(self, cells: Cells) -> StepLosses:
        """Negative log-likelihood of architectures, step by step."""
        graphs, layout = self.form.read(cells), self.all_steps
        logits = self.network(layout, partial_graphs(layout, graphs))
        return step_losses(layout, logits, targets(layout, graphs), self.network.first_label)

    @torch.no_grad()
    def sample(self, n: int) -> Cells:
        form = self.form
        edges = torch.zeros(n, form.vertices, form.vertices, dtype=torch.long)
        ops = torch.full((n, form.vertices), PAD if form.node_labels else 0)
        ops[:, 0] = 0
        growing = torch.ones(n, dtype=torch.bool)
        with seeded(self._rng):
            for layout in self._single_steps:
                self._grow(layout, Graphs(edges, ops), growing)
        return form.write(Graphs(edges, ops))

    def _grow(self, layout: Layout, graphs: Graphs, growing: Bool[Tensor, " n"]) -> None:
        """Add the layout's vertex to the growing graphs, in place; the output operation ends a graph."""
        logits = self.network(layout, partial_graphs(layout, graphs))
        new = int(layout.steps)
        component = torch.multinomial(torch.softmax(logits.mixture[:, 0], dim=1), 1)
        chosen = logits.edges.gather(2, component[:, None].expand(-1, logits.edges.shape[1], 1))
        edge = torch.bernoulli(torch.sigmoid(chosen.squeeze(2))).long() * growing[:, None]
        if logits.labels is not None:
            odds = torch.softmax(logits.labels, dim=2)
            edge *= torch.multinomial(odds.flatten(0, 1), 1).view_as(edge) + self.network.first_label
        graphs.edges[:, :new, new] = edge[:, :new]  # a loop, if there is one, comes last
        if logits.ops is not None:
            op = torch.multinomial(torch.softmax(logits.ops[:, 0], dim=1), 1).squeeze(1)
            graphs.ops[:, new] = torch.where(growing, op, PAD)
            growing &= op != self.form.node_labels - 1
