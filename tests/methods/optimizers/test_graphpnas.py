import dataclasses

import numpy as np
import pytest
import torch

import tabular
from methods.networks.generators.fitting import Training
from methods.networks.generators.gran import Sizes
from methods.networks.generators.graph_generator import GraphGenerator, Rules
from methods.optimizers._elite import Generator, draw_new, elite
from methods.optimizers._explorer import explore
from methods.optimizers.graphpnas import GraphPNAS
from tabular.cells import Cells
from tests.methods import variants
from tests.methods.spaces import SPACES, NB101Shaped, observe

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201").space
NAMES = [field.name for field in dataclasses.fields(Rules)]
QUICK = {"epochs": 5, "batch_size": 15, "learning_rate": 0.01, "layers": 2, "attention": 16}


def make(seed=0, **hyper):
    return GraphPNAS(variants.of(GraphPNAS.Hyper, **{**QUICK, **hyper}), np.random.default_rng(seed))


def observed_cells(space, n=12, seed=5):
    return observe(space, n, np.random.default_rng(seed))


class Scripted(Generator):
    """Draws the given architectures in turn, over and over."""

    def __init__(self, cells):
        self.cells, self.asked, self.next = cells, [], 0

    def fit(self, cells, weights):
        self.learnt = (cells, weights)

    def sample(self, n):
        self.asked.append(n)
        rows = (self.next + np.arange(n)) % len(self.cells)
        self.next = (self.next + n) % len(self.cells)
        return self.cells[rows]


def test_elite_is_the_best_with_ranks_or_accuracies_as_weights():
    observed = observed_cells(NB201, 12)
    accuracy = np.array([0.3, 0.9, 0.1, 0.5, 0.7, 0.2, 0.8, 0.4, 0.6, 0.0, 0.05, 0.15])
    observed = dataclasses.replace(observed, accuracy=accuracy)
    best, rank = elite(observed, 4, "rank")
    assert best.tolist() == [8, 4, 6, 1] and rank.tolist() == [0.25, 0.5, 0.75, 1.0]
    assert elite(observed, 4, "accuracy")[1].tolist() == [0.6, 0.7, 0.8, 0.9]
    assert elite(observed, 4, "equal")[1].tolist() == [1, 1, 1, 1]
    assert len(elite(observed, 15, "rank")[0]) == 12


def test_drawing_stops_once_enough_is_new_and_puts_waste_last():
    observed = observed_cells(NB201)
    fresh = NB201.all()[np.setdiff1d(np.arange(15625), observed.keys)[:3]]
    broken = Cells(fresh.adjacency[:1], np.zeros_like(fresh.ops[:1]))
    script = Scripted(Cells.concatenate([observed.cells[:2], broken, fresh]))
    cells, found = draw_new(script, NB201, observed, 2, 20, by_class=False)
    assert found == 2 and script.asked == [2, 12]
    assert NB201.keys(cells[:3]).tolist() == NB201.keys(fresh).tolist()
    valid = NB201.contains(cells)
    assert len(cells) == 14 and valid[: valid.sum()].all() and not valid[valid.sum() :].any()


def test_drawing_gives_up_after_growing_batches():
    observed = observed_cells(NB201)
    script = Scripted(observed.cells)
    cells, found = draw_new(script, NB201, observed, 1, 20, by_class=False)
    assert found == 0 and script.asked == [1 + 5 * attempt for attempt in range(20)]
    assert len(cells) == sum(script.asked)


def test_other_members_of_a_seen_class_are_rejected_on_request():
    """What reads a vertex that receives nothing is irrelevant (digits 2<-0, 2<-1 are none; 3<-2 varies)."""
    seen, twin, other = (NB201.from_strings([text]) for text in ("000000", "000010", "333333"))
    assert NB201.canonical(seen) == NB201.canonical(twin)
    observed = dataclasses.replace(observed_cells(NB201, 1), cells=seen, keys=NB201.keys(seen))
    script = [Scripted(Cells.concatenate([twin, other])) for _ in range(2)]
    by_graph, _ = draw_new(script[0], NB201, observed, 1, 20, by_class=False)
    by_class, _ = draw_new(script[1], NB201, observed, 1, 20, by_class=True)
    assert NB201.keys(by_graph[:1]) == NB201.keys(twin)
    assert NB201.keys(by_class[:1]) == NB201.keys(other)


@pytest.mark.parametrize("variant", ["adapted", "published"])
def test_proposals_are_valid_and_new(variant):
    observed = observed_cells(NB201, 40)
    cells = make(variant=variant).propose(NB201, None, observed, 10)
    keys = NB201.keys(cells[:10])
    assert len(set(keys.tolist())) == 10 and not np.isin(keys, observed.keys).any()


@pytest.mark.parametrize("space", SPACES, ids=lambda space: space.name)
def test_other_spaces_end_to_end(space):
    """The best of 40 are learnt well enough for new valid ones to be drawn (few, where validity is rare)."""
    found = []
    for seed in range(3):
        observed = observed_cells(space, 40, seed)
        plugin = make(seed, epochs=80, elite=3 if space.vertices > 8 else 15, attention=64, layers=3)
        cells = plugin.propose(space, None, observed, 3)
        assert cells.ops.shape[1] == space.vertices
        valid = space.contains(cells)
        new = np.zeros(len(cells), dtype=bool)
        new[valid] = ~np.isin(space.keys(cells[valid]), observed.keys)
        assert new[0] or not new.any()  # what is new comes first
        found.append(new.any())
    assert any(found)


@pytest.mark.parametrize(
    "given", [{}, {"operations_told": False}, {"empty_labels": True}, {"loops": True}], ids=str
)
def test_the_rules_reach_the_generator(given):
    told, empty, loops = [{**dataclasses.asdict(Rules()), **given}[name] for name in NAMES]
    labelled, bare = (make(**given).new_generator(space) for space in (NB201, SPACES[0]))
    assert labelled.network.first_label == (0 if empty else 1)
    assert (bare.network.op is not None) == told
    assert bool(labelled.all_steps.is_loop.any()) == loops


def test_every_training_starts_afresh_unless_told_not_to():
    for reinitialise in (True, False):
        plugin, generators, losses = make(reinitialise=reinitialise), [], []
        for n in (12, 13):
            plugin.propose(NB201, None, observed_cells(NB201, n), 1)
            generators.append(plugin._generator)
            losses.append(plugin._generator.losses(observed_cells(NB201, 5).cells).total())
        assert (generators[0] is generators[1]) != reinitialise
        assert not torch.equal(*losses)  # it was trained


def test_without_a_new_label_nothing_is_trained_again():
    observed = observed_cells(NB201)
    plugin = make()
    first = plugin.propose(NB201, None, observed, 5)
    generator, before = plugin._generator, plugin._generator.losses(observed.cells).total()
    second = plugin.propose(NB201, None, observed, 5)
    assert plugin._generator is generator
    assert torch.equal(generator.losses(observed.cells).total(), before)
    assert NB201.keys(first[:5]).tolist() != NB201.keys(second[:5]).tolist()


def test_a_warm_up_explores_first_and_never_leaves_an_edge_out():
    plugin = make(warm_up=30)
    early = plugin.propose(NB201, None, observed_cells(NB201, 25), 10)
    assert len(early) == 5 and plugin._generator is None
    many = explore(NB201, 500, np.random.default_rng(0))
    assert NB201.contains(many).all() and set(np.unique(many.ops[:, 1:7])) == {2, 3, 4, 5}
    plugin.propose(NB201, None, observed_cells(NB201, 30), 10)
    assert plugin._generator is not None
    adapted = make()
    adapted.propose(NB201, None, observed_cells(NB201, 12), 10)
    assert adapted._generator is not None


def test_the_explorer_prefers_small_cells():
    space, rng = NB101Shaped(), np.random.default_rng(0)
    drawn = explore(space, 60, rng)
    assert space.contains(drawn).all()
    assert (drawn.ops >= 0).sum(1).mean() < (space.sample(200, rng).ops >= 0).sum(1).mean()


def test_the_explorer_falls_back_to_the_space_where_chance_hits_nothing():
    space = SPACES[2]
    assert space.contains(explore(space, 3, np.random.default_rng(0))).all()


def test_the_explorer_fills_in_at_once_when_nothing_new_is_drawn(monkeypatch):
    observed = observed_cells(NB201, 30)
    plugin = make(explores=True)
    monkeypatch.setattr(type(plugin), "new_generator", lambda self, space: Scripted(observed.cells))
    keys = NB201.keys(plugin.propose(NB201, None, observed, 2))
    assert len(keys) == sum(2 * (1 + 5 * attempt) for attempt in range(20)) + 2
    assert np.isin(keys[:-2], observed.keys).all() and not np.isin(keys[-2:], observed.keys).any()


def test_the_generator_gets_rank_weights(monkeypatch):
    script = Scripted(NB201.all()[:500])
    plugin = make(elite=5)
    monkeypatch.setattr(type(plugin), "new_generator", lambda self, space: script)
    observed = observed_cells(NB201)
    plugin.propose(NB201, None, observed, 1)
    cells, weights = script.learnt
    assert weights.tolist() == [0.2, 0.4, 0.6, 0.8, 1.0]
    order = np.argsort(observed.accuracy, kind="stable")[-5:]
    assert NB201.keys(cells).tolist() == observed.keys[order].tolist()


def test_rank_weights_draw_better_architectures_than_equal_weights():
    """On a toy objective, the number of 3x3 convolutions, from the same random architectures."""

    def score(cells):
        return (cells.ops == 4).sum(1)

    def drawn(weights, seed):
        cells = NB201.sample(15, np.random.default_rng(seed))
        cells = cells[np.argsort(score(cells), kind="stable")]
        sizes, training = Sizes(24, 32, 3, 10), Training(40, 15, 7e-3)
        made = GraphGenerator(NB201, sizes, training, Rules(), np.random.default_rng(seed))
        made.fit(cells, weights)
        return score(made.sample(1000)).mean()

    rank = np.arange(1, 16) / 15
    gains = [drawn(rank, seed) - drawn(np.ones(15), seed) for seed in range(3)]
    assert np.mean(gains) > 0.1 and min(gains) > -0.1


def test_same_seed_same_proposals():
    def keys(seed):
        plugin = make(seed)
        return [
            NB201.keys(plugin.propose(NB201, None, observed_cells(NB201, n), 4)).tolist() for n in (12, 20)
        ]

    assert keys(1) == keys(1) != keys(2)
