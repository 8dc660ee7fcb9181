"""Likelihood of graphs under the graph generator, and the normalised loss it is trained with."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor

from methods.networks.generators.gran import Logits
from methods.networks.generators.partial_graphs import Layout, Targets
from tabular.cells import PAD

OPS_WEIGHT = 0.5
LABELS_WEIGHT = 1 / 8


@dataclass(frozen=True)
class StepLosses:
    """Negative log-likelihood (nats) of what every step generates; 0 where a graph has no such vertex."""

    edges: Float[Tensor, "n steps"]
    ops: Float[Tensor, "n steps"]
    labels: Float[Tensor, "n steps"]

    def total(self) -> Float[Tensor, " n"]:
        """Negative log-likelihood of whole graphs, the first vertex given.

        Where the label 0 may be drawn, a graph comes more often than this says.
        """
        return (self.edges + self.ops + self.labels).sum(1)


def step_losses(layout: Layout, logits: Logits, true: Targets, first_label: int) -> StepLosses:
    """Edges: a mixture of independent Bernoulli vectors per step (Liao et al. 2019, section 2.3).

    -log sum_k softmax(mixture)_k prod_u Bernoulli(edge u; k). The labels of the edges and the operation
    of the vertex are independent of all this and of each other, given the partial graph.
    """
    sign = (2 * true.edge.float() - 1).unsqueeze(2)
    counted = layout.per_step * ~layout.is_loop
    log_vectors = counted @ F.logsigmoid(logits.edges * sign)
    edges = -torch.logsumexp(log_vectors + F.log_softmax(logits.mixture, dim=2), dim=2)
    edges = edges * (true.op != PAD)
    ops = labels = torch.zeros_like(edges)
    if logits.ops is not None:
        ops = F.cross_entropy(logits.ops.transpose(1, 2), true.op, ignore_index=PAD, reduction="none")
    if logits.labels is not None:
        wanted = torch.where(true.edge, true.label - first_label, PAD)
        each = F.cross_entropy(logits.labels.transpose(1, 2), wanted, ignore_index=PAD, reduction="none")
        labels = each @ layout.per_step.T
    return StepLosses(edges, ops, labels)


def normalised(layout: Layout, losses: StepLosses, true: Targets) -> Float[Tensor, " n"]:
    """The authors' loss per graph: terms divided by how much there is to generate.

    Edges by candidate edges, operations by vertices (weight 1/2), labels step by step by the edges of
    the step (weight 1/8).
    """
    exists = (true.op != PAD).float()
    candidates = exists @ layout.per_step.sum(1)
    vertices = 1 + exists.sum(1)
    generated = true.edge.float() @ layout.per_step.T
    labels = (losses.labels / generated.clamp_min(1)).sum(1)
    edges, ops = losses.edges.sum(1) / candidates, losses.ops.sum(1) / vertices
    return edges + OPS_WEIGHT * ops + LABELS_WEIGHT * labels
