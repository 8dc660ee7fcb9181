"""What the graph generator sees at its generation steps: the graph so far, and a new vertex.

Step t has the vertices 0 .. t-1 with their edges, and vertex t, new, connected to all of them while
messages pass (Liao et al., NeurIPS 2019, section 2.2). Which vertices, pairs and candidate edges there
are depends on the steps alone, so it is laid out once; a batch of graphs only masks it.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor

from methods.networks.generators.graphs import GraphForm, Graphs

NEW_FLAGS = 2


class Layout:
    """Vertices, ordered pairs and candidate edges of the partial graphs of some generation steps.

    A row stands for a vertex of one step's partial graph; rows, pairs and candidates of all steps lie one
    after the other.
    """

    steps: Int[Tensor, " steps"]
    vertex: Int[Tensor, " rows"]
    is_new: Bool[Tensor, " rows"]
    source: Int[Tensor, " pairs"]
    """Vertex that sends on each pair; `target` receives."""
    target: Int[Tensor, " pairs"]
    touches_new: Bool[Tensor, "pairs 2"]
    """Whether source, and whether target, is the new vertex."""
    difference: Float[Tensor, "pairs rows"]
    """Takes states of rows to state of source minus state of target."""
    arrivals: Float[Tensor, "rows pairs"]
    """Sums over the pairs that end at a row."""
    candidate: Int[Tensor, " candidates"]
    """Earlier vertex from which an edge to the new vertex may come."""
    candidate_step: Int[Tensor, " candidates"]
    candidate_difference: Float[Tensor, "candidates rows"]
    """Takes states of rows to state of the new vertex minus state of the candidate."""
    per_step: Float[Tensor, "steps candidates"]
    """Sums over the candidates of a step."""
    is_loop: Bool[Tensor, " candidates"]

    def __init__(self, form: GraphForm, steps: list[int], with_loops: bool) -> None:
        """`with_loops` counts the new vertex itself among its candidates (authors' code)."""
        self.form = form
        rows = [(t, v) for t in steps for v in range(t + 1)]
        pairs = [(t, u, v) for t in steps for v in range(t + 1) for u in range(t + 1) if u != v]
        candidates = [(t, u) for t in steps for u in range(t + with_loops)]
        number = {row: i for i, row in enumerate(rows)}

        def one_hot(of: list[tuple[int, int]]) -> Float[Tensor, "of rows"]:
            return F.one_hot(torch.tensor([number[row] for row in of]), len(rows)).float()

        self.steps, self.vertex = torch.tensor(steps), torch.tensor([v for _, v in rows])
        self.is_new = torch.tensor([t == v for t, v in rows])
        self.source, self.target = torch.tensor([(u, v) for _, u, v in pairs]).T
        self.touches_new = torch.tensor([(u == t, v == t) for t, u, v in pairs])
        self.arrivals = one_hot([(t, v) for t, _, v in pairs]).T
        self.difference = one_hot([(t, u) for t, u, _ in pairs]) - self.arrivals.T
        self.candidate_step, self.candidate = torch.tensor(candidates).T
        self.candidate_difference = one_hot([(t, t) for t, _ in candidates]) - one_hot(candidates)
        self.per_step = (self.candidate_step == self.steps[:, None]).float()
        self.is_loop = self.candidate == self.candidate_step


@dataclass(frozen=True)
class Partial:
    """The partial graphs of a batch of graphs at the steps of a layout, as the network reads them."""

    rows: Float[Tensor, "n rows k"]
    """1 for every earlier vertex with an edge to this one; 0 for a new vertex."""
    identity: Float[Tensor, "rows k"]
    """One-hot vertex number; 0 for a new vertex."""
    ops: Float[Tensor, "n rows c"]
    """One-hot operation; 0 for a new vertex."""
    pairs: Float[Tensor, "n pairs f"]
    """Whether each end is new, -1 and 1 at the vertices' numbers, and the label of the edge one-hot."""
    arrivals: Float[Tensor, "n rows pairs"]
    """1 where a message on the pair arrives at the vertex: edges so far, both ways, and all of the new."""

    def of(self, rows: Int[Tensor, " m"]) -> Partial:
        """Those of the given graphs."""
        return Partial(self.rows[rows], self.identity, self.ops[rows], self.pairs[rows], self.arrivals[rows])


def pair_features(form: GraphForm) -> int:
    """Width of `Partial.pairs`."""
    return NEW_FLAGS + labels_told(form) + form.vertices


def labels_told(form: GraphForm) -> int:
    """Edge labels that are a feature: none where edges are bare."""
    return form.edge_labels if form.edge_labels > 2 else 0


def partial_graphs(layout: Layout, graphs: Graphs) -> Partial:
    """The partial graphs of all graphs at all steps of the layout, as one batch."""
    form, n, k = layout.form, len(graphs.ops), layout.form.vertices
    old = ~layout.is_new[:, None]
    rows = (graphs.edges[:, :, layout.vertex] > 0).transpose(1, 2) & old
    identity = F.one_hot(layout.vertex, k) * old
    ops = F.one_hot(graphs.ops[:, layout.vertex].clamp_min(0), max(form.node_labels, 1)) * old
    augmented = layout.touches_new.any(1)
    both = graphs.edges + graphs.edges.transpose(1, 2)
    label = both[:, layout.source, layout.target] * ~augmented
    ends = F.one_hot(layout.target, k) - F.one_hot(layout.source, k)
    pairs = torch.cat([layout.touches_new, ends], dim=1).float().expand(n, -1, -1)
    if labels_told(form):
        pairs = torch.cat([pairs, F.one_hot(label, form.edge_labels)], dim=2)
    arrivals = layout.arrivals * ((label > 0) | augmented)[:, None]
    return Partial(rows.float(), identity.float(), ops.float(), pairs, arrivals)


@dataclass(frozen=True)
class Targets:
    """What the steps of a layout have to generate."""

    edge: Bool[Tensor, "n candidates"]
    label: Int[Tensor, "n candidates"]
    op: Int[Tensor, "n steps"]
    """PAD where the graph has no such vertex, and then nothing is to be generated at this step."""

    def of(self, rows: Int[Tensor, " m"]) -> Targets:
        """Those of the given graphs."""
        return Targets(self.edge[rows], self.label[rows], self.op[rows])


def targets(layout: Layout, graphs: Graphs) -> Targets:
    """The true edges, labels and operations; a loop is no edge."""
    label = graphs.edges[:, layout.candidate, layout.candidate_step]
    return Targets(label > 0, label, graphs.ops[:, layout.steps])
