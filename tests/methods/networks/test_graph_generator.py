import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

import tabular
from methods.networks.generators.fitting import Training
from methods.networks.generators.gran import GRAN, Sizes
from methods.networks.generators.gran_loss import normalised
from methods.networks.generators.graph_generator import GraphGenerator, Rules
from methods.networks.generators.graphs import GraphForm
from methods.networks.generators.partial_graphs import targets
from tabular.cells import PAD, Cells
from tabular.errors import HarnessError
from tests.methods.spaces import SPACES, NB101Shaped

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201").space
ALL = (NB201, *SPACES)
AUTHORS = Sizes(hidden=24, attention=128, layers=7, mixture=10)
SMALL = Sizes(hidden=12, attention=9, layers=2, mixture=3)
OURS = Rules()
RULES = [
    OURS,
    Rules(operations_told=False),
    Rules(empty_labels=True),
    Rules(loops=True),
    Rules(operations_told=False, empty_labels=True, loops=True),
]


class ThreeVertices(NB101Shaped):
    """Few enough graphs to list all, valid or not."""

    vertices = 3


def generator(space, sizes=SMALL, rules=OURS, seed=0, epochs=10, batch_size=4, rate=1e-2):
    training = Training(epochs, batch_size, rate)
    return GraphGenerator(space, sizes, training, rules, np.random.default_rng(seed))


def trained(space, rules=OURS, epochs=10):
    """A generator that is far from uniform and has not collapsed either, and the cells it has seen."""
    rng = np.random.default_rng(3)
    cells = all_graphs()[rng.permutation(162)[:8]] if space.vertices == 3 else space.sample(8, rng)
    made = generator(space, rules=rules, epochs=epochs)
    made.fit(cells, np.ones(8))
    return made, cells


def all_graphs():
    """Every way the generator can go on three vertices: it stops at an output or after the third."""
    rows = []
    for first in (0, 1):
        rows.append(([[0, first, 0], [0, 0, 0], [0, 0, 0]], [0, 4, PAD]))
        for op in range(4):
            for a in (0, 1):
                for b in (0, 1):
                    rows += [([[0, first, a], [0, 0, b], [0, 0, 0]], [0, op, last]) for last in range(5)]
    return Cells(np.array([r[0] for r in rows], dtype=bool), np.array([r[1] for r in rows], dtype=np.int8))


def test_parameters_by_hand():
    def count(form, **flags):
        return sum(p.numel() for p in GRAN(form, AUTHORS, **flags).parameters())

    def heads(*outputs):
        return sum(2 * (24 * 24 + 24) + 24 * size + size for size in outputs)

    def blocks(features):
        messages = (24 + features) * 152 + 152 + (24 * 24 + 24) + (128 * 24 + 24)
        return 7 * (messages + 2 * (3 * 24 * 24 + 3 * 24))

    nb201 = (4 * 20 + 20) + blocks(2 + 5 + 4)
    assert count(GraphForm(NB201), operations_told=True, empty_labels=False) == nb201 + heads(10, 10, 4)
    assert count(GraphForm(NB201), operations_told=True, empty_labels=True) == nb201 + heads(10, 10, 5)
    nb101 = (7 * 17 + 17) + blocks(2 + 7) + heads(10, 10, 5)
    assert count(GraphForm(NB101Shaped()), operations_told=False, empty_labels=False) == nb101
    assert count(GraphForm(NB101Shaped()), operations_told=True, empty_labels=False) == nb101 + 5 * 24


def test_a_state_narrower_than_the_graph_is_refused():
    with pytest.raises(HarnessError, match="hidden=11 must exceed the 11 vertices"):
        GRAN(GraphForm(SPACES[2]), Sizes(11, 9, 2, 3), True, False)


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_graph_form_is_exact(space):
    form, cells = GraphForm(space), space.sample(50, np.random.default_rng(0))
    again = form.write(form.read(cells))
    assert (again.ops == cells.ops).all() and (again.adjacency == cells.adjacency).all()
    assert (form.node_labels == 0) == (space is NB201)


def slow_states(made, edges, ops, t):
    """States of vertices 0 .. t of one partial graph, message by message."""
    net, form = made.network, made.form
    h = []
    for v in range(t):
        row = torch.tensor([float(edges[u][v] > 0) for u in range(form.vertices)])
        state = torch.cat([net.row(row), F.one_hot(torch.tensor(v), form.vertices).float()])
        if net.op is not None:
            state = state + net.op.weight[:, ops[v]]
        h.append(state)
    h.append(torch.zeros_like(net.op_head[0].weight[0] if net.op_head else net.edge_head[0].weight[0]))
    for layer, block in enumerate(net.blocks):
        h = [torch.relu(x) for x in h] if layer else h
        hidden, _ = block.inner
        arrived = [torch.zeros(hidden) for _ in h]
        for u in range(t + 1):
            for v in range(t + 1):
                label = 0 if t in (u, v) else edges[min(u, v)][max(u, v)]
                if u == v or (t not in (u, v) and label == 0):
                    continue
                told = [float(u == t), float(v == t)]
                told += [float(v == each) - float(u == each) for each in range(form.vertices)]
                if form.edge_labels > 2:
                    told += [float(label == each) for each in range(form.edge_labels)]
                inner = torch.relu(block.mix(torch.cat([h[u] - h[v], torch.tensor(told)])))
                gate = torch.sigmoid(block.attention(inner[hidden:]))
                arrived[v] = arrived[v] + block.message(inner[:hidden]) * gate
        h = [block.update(x[None], state[None])[0] for x, state in zip(arrived, h, strict=True)]
    return h


def slow_losses(made, cells, loops):
    """Likelihood and training loss of one architecture, with loops over steps, pairs and edges."""
    net, form = made.network, made.form
    graphs = form.read(cells)
    edges, ops = graphs.edges[0].tolist(), graphs.ops[0].tolist()
    size = sum(op != PAD for op in ops)
    edge_nll = op_nll = label_nll = label_loss = candidates = 0.0
    for t in range(1, size):
        h = slow_states(made, edges, ops, t)
        known = [*range(t), t] if loops else [*range(t)]
        candidates += len(known)
        weight = torch.softmax(torch.stack([net.mixture_head(h[t] - h[u]) for u in known]).mean(0), 0)
        chances = [torch.sigmoid(net.edge_head(h[t] - h[u])) for u in range(t)]
        likelihood = 0.0
        for k, share in enumerate(weight):
            vector = [chances[u][k] if edges[u][t] else 1 - chances[u][k] for u in range(t)]
            likelihood += share * math.prod(vector)
        edge_nll -= torch.log(likelihood)
        if net.op_head is not None:
            op_nll -= torch.log_softmax(net.op_head(h[t]), 0)[ops[t]]
        if net.label_head is not None:
            generated = [u for u in range(t) if edges[u][t]]
            odds = [torch.log_softmax(net.label_head(h[t] - h[u]), 0) for u in generated]
            nll = -sum(o[edges[u][t] - net.first_label] for o, u in zip(odds, generated, strict=True))
            label_nll, label_loss = label_nll + nll, label_loss + nll / max(len(generated), 1)
    loss = edge_nll / candidates + 0.5 * op_nll / size + label_loss / 8
    return float(edge_nll + op_nll + label_nll), float(loss)


@pytest.mark.parametrize("rules", RULES, ids=str)
@pytest.mark.parametrize("space", ALL[:3], ids=lambda space: space.name)
def test_batch_equals_a_loop_over_graphs_steps_and_pairs(space, rules):
    made, cells = trained(space, rules)
    with torch.no_grad():
        losses, layout = made.losses(cells), made.all_steps
        fast = normalised(layout, losses, targets(layout, made.form.read(cells)))
        slow = [slow_losses(made, cells[[row]], rules.loops) for row in range(len(cells))]
    np.testing.assert_allclose(losses.total().numpy(), [nll for nll, _ in slow], rtol=1e-4)
    np.testing.assert_allclose(fast.numpy(), [loss for _, loss in slow], rtol=1e-4)


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_likelihood_does_not_depend_on_the_rest_of_the_batch(space):
    made, cells = trained(space)
    together = made.losses(cells).total()
    alone = torch.cat([made.losses(cells[[row]]).total() for row in range(len(cells))])
    torch.testing.assert_close(alone, together, rtol=1e-5, atol=1e-5)


def test_probabilities_of_all_cells_sum_to_one():
    made, _ = trained(NB201)
    assert float((-made.losses(NB201.all()).total()).double().exp().sum()) == pytest.approx(1, abs=1e-4)


def test_probabilities_of_all_small_graphs_sum_to_one():
    made, _ = trained(ThreeVertices())
    assert float((-made.losses(all_graphs()).total()).double().exp().sum()) == pytest.approx(1, abs=1e-5)


def test_an_edge_may_get_the_label_of_no_edge_where_labels_may_be_empty():
    """Then the probability of a cell is more than its likelihood, and likelihoods sum to less than 1."""
    made, _ = trained(NB201, Rules(empty_labels=True))
    assert float((-made.losses(NB201.all()).total()).double().exp().sum()) < 0.999


@pytest.mark.parametrize("case", ["nb201", "three vertices"])
def test_samples_come_as_often_as_their_likelihood_says(case):
    space, everything = (NB201, NB201.all()) if case == "nb201" else (ThreeVertices(), all_graphs())
    made, _ = trained(space, epochs=100 if case == "nb201" else 30)
    n = 5000
    drawn = made.sample(n)
    seen = dict(zip(*np.unique(names(drawn), return_counts=True), strict=True))
    chance = (-made.losses(everything).total()).exp().numpy()
    likeliest = np.argsort(-chance)[:20]
    expected = chance[likeliest] * n
    counted = np.array([seen.get(name, 0) for name in names(everything[likeliest])])
    assert expected.sum() > n / 10  # else this would compare nothing
    assert (np.abs(counted - expected) < 5 * np.sqrt(expected) + 1).all()


def names(cells):
    """One text per graph."""
    return [f"{a.astype(int).tolist()}{o.tolist()}" for a, o in zip(cells.adjacency, cells.ops, strict=True)]


def test_vertex_numbers_break_invariance():
    """Two orders of one graph are two graphs: numbers are features (and the order of generation counts)."""
    space = NB101Shaped()
    cells = space.sample(200, np.random.default_rng(1))
    other = space.relabelled(cells, np.random.default_rng(2))
    moved = np.flatnonzero((other.adjacency != cells.adjacency).any((1, 2)))
    made, _ = trained(space)
    difference = made.losses(cells[moved]).total() - made.losses(other[moved]).total()
    assert len(moved) > 10 and (difference.abs() > 1e-3).all()


@pytest.mark.parametrize("told", [False, True])
def test_operations_drawn_so_far_are_told_or_not(told):
    space = NB101Shaped()
    made, _ = trained(space, Rules(operations_told=told))
    chain = np.eye(4, 7, 1, dtype=bool)
    chain = np.concatenate([chain[:3], np.zeros((4, 7), dtype=bool)])
    ops = np.array([[0, 1, 2, 4, PAD, PAD, PAD], [0, 3, 2, 4, PAD, PAD, PAD]], dtype=np.int8)
    losses = made.losses(Cells(np.stack([chain, chain]), ops)).ops
    same = torch.isclose(losses[0], losses[1])
    assert same[1:].all() == (not told)  # what follows vertex 1 has the same operations in both


def test_it_learns_an_elite_by_heart():
    cells = NB201.sample(4, np.random.default_rng(0))
    made = generator(NB201, sizes=Sizes(24, 32, 3, 10), epochs=300, batch_size=4, rate=1e-2)
    before = made.losses(cells).total().mean()
    made.fit(cells, np.ones(4))
    after = made.losses(cells).total().mean()
    among = np.isin(NB201.keys(made.sample(500)), NB201.keys(cells)).mean()
    # The four equally likely would have ln 4 = 1.4 nats each; uniform draws would be among them never.
    assert before > 8 and after < 2 and among > 0.6


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_training_makes_other_shapes_valid_more_often(space):
    """Once one architecture is learnt, nearly all draws are valid; a start in three may take longer."""
    gains = []
    for seed in range(3):
        made = generator(space, sizes=Sizes(24, 32, 3, 10), seed=seed, epochs=120, rate=1e-2)
        before = space.contains(made.sample(200)).mean()
        made.fit(space.sample(1, np.random.default_rng(seed)), np.ones(1))
        gains.append(space.contains(made.sample(200)).mean() - before)
    assert np.median(gains) > 0.3


def test_nothing_follows_the_output_and_sizes_vary():
    made, _ = trained(NB101Shaped())
    drawn = made.sample(300)
    size = np.where((drawn.ops == 4).any(1), (drawn.ops == 4).argmax(1) + 1, 7)
    beyond = np.arange(7) >= size[:, None]
    assert ((drawn.ops == PAD) == beyond).all() and len(np.unique(size)) > 2
    assert not drawn.adjacency[beyond].any() and not drawn.adjacency.transpose(0, 2, 1)[beyond].any()


def test_same_seed_same_graphs():
    def draw(seed):
        made = generator(NB201, seed=seed)
        made.fit(NB201.all()[[5, 77, 4000]], np.array([0.2, 0.5, 1.0]))
        return NB201.keys(made.sample(50)).tolist()

    assert draw(1) == draw(1) != draw(2)
