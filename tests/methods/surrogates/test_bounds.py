"""The best candidates found by upper bounds are those that exact scores of all would give."""

import numpy as np
import pytest
import torch

import tabular
from methods.optimizers.gp_bo import GPBO
from methods.representations.one_hot import OneHot
from methods.representations.wl import WL
from methods.surrogates import bounds as module
from methods.surrogates.bounds import Bounds, leading_scores
from methods.surrogates.conditioned import Different
from methods.surrogates.gaussian_process import GaussianSurrogate
from methods.surrogates.surrogate import log_expected_improvement, standardise
from tabular.oracle import Observations

BENCHMARK = tabular.load("nb201:cifar100")
SPACE = BENCHMARK.space


def made_up(m, tied, seed):
    """Means, standard deviations and bounds of them; with `tied`, of few different candidates."""
    generator = torch.Generator().manual_seed(seed)
    mean, sd, slack = torch.rand(3, m, dtype=torch.float64, generator=generator)
    if tied:
        place = torch.randint(0, 20, (m,), generator=generator)
        mean, sd, slack = mean[place], sd[place], slack[place]
    asked = []
    return mean, sd, Bounds(mean, sd + 0.2 * slack, lambda rows: asked.append(rows) or sd[rows]), asked


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize(
    ("m", "wanted", "closed"), [(3000, 1, 100), (3000, 40, 0), (30, 30, 5), (3000, 5, 2998)]
)
def test_the_best_are_those_of_exact_scores(monkeypatch, m, wanted, closed, tied):
    monkeypatch.setattr(module, "FIRST", 64)
    mean, sd, bounds, asked = made_up(m, tied, seed=m + wanted)
    is_open = torch.ones(m, dtype=torch.bool)
    is_open[torch.topk(log_expected_improvement(mean, sd, 0.9), closed).indices] = False
    wanted = min(wanted, int(is_open.sum()))

    def score(mean, sd):
        return log_expected_improvement(mean, sd, 0.9)

    exact = torch.where(is_open, score(mean, sd), -torch.inf)
    found = leading_scores(bounds, score, is_open, wanted)
    best = torch.topk(exact, wanted)
    # the same values, in places that have them, and whoever has the last of them is exact too
    assert torch.equal(torch.topk(found, wanted).values, best.values)
    leading = exact >= best.values[-1]
    assert torch.equal(found[leading], exact[leading]) and (found >= exact).all()
    assert not torch.isfinite(found[~is_open]).any()
    if m == 3000 and wanted < 10 and not tied and not closed > 1000:
        assert sum(map(len, asked)) < m / 4


@pytest.mark.parametrize(("kinds", "looked_at"), [(50, 50), (900, 1000)])
def test_equal_points_are_looked_at_once_where_there_are_many(kinds, looked_at):
    table = torch.rand(kinds, 3, generator=torch.Generator().manual_seed(0))[torch.arange(1000) % kinds]
    different = Different.of(table)
    assert torch.equal(different.points[different.place], table)
    assert len(different.points) == looked_at


def test_different_points_of_one_shadow_are_not_taken_for_equal(monkeypatch):
    monkeypatch.setattr(torch, "rand", lambda d, **rest: torch.ones(d, dtype=torch.float64))
    table = torch.eye(50)
    assert torch.equal(Different.of(table).points, table)


def observed(keys):
    accuracy = BENCHMARK.accuracy(SPACE.all()[keys], "valid", 200)[:, 0]
    zeros = np.zeros(len(keys))
    return Observations(SPACE.all()[keys], keys, accuracy, zeros, zeros.astype(bool))


@pytest.mark.parametrize("representation", [OneHot, WL])
@pytest.mark.parametrize("n", [10, 60, 150])
def test_a_process_knows_more_than_its_bound_and_proposes_as_without_it(monkeypatch, representation, n):
    """Against scores of the posterior of the whole table."""
    monkeypatch.setattr(module, "LARGE", 1000)
    labels = observed(np.random.default_rng(n).choice(SPACE.size, n, replace=False))
    encoder = representation(representation.Hyper(), np.random.default_rng(0))
    encoder.fit(SPACE, labels)
    table = encoder.encode(SPACE.all())
    y = standardise(torch.from_numpy(labels.distinct().accuracy))  # to the last bit what is fitted below
    surrogate = GaussianSurrogate(1.03, 10)
    z = table[labels.keys]
    surrogate.learn(z, y, table)
    bounds, (mean, sd) = surrogate.bounds(z, y, table), surrogate.posterior(z, y, table)
    torch.testing.assert_close(bounds.mean, mean)
    assert (bounds.most >= sd).all() and (bounds.most <= 1.001).all()
    rows = torch.arange(0, SPACE.size, 7)
    torch.testing.assert_close(bounds.exact(rows), sd[rows])
    score = log_expected_improvement(mean, sd, float(y.max()))
    score[labels.keys] = -torch.inf
    proposed = GPBO(GPBO.Hyper(batch=5), np.random.default_rng(0)).propose(SPACE, encoder, labels, 5)
    found = score[SPACE.keys(proposed)]
    torch.testing.assert_close(found, torch.topk(score, 5).values, atol=1e-7, rtol=0)


def test_a_table_is_encoded_once_and_its_range_is_found_once(monkeypatch):
    """Twenty queries on a listed space, whose encodings do not change."""
    labels = observed(np.arange(100, 110))
    encoder = OneHot(OneHot.Hyper(), np.random.default_rng(0))
    encoder.fit(SPACE, labels)
    asked, encode = [], OneHot.encode
    monkeypatch.setattr(OneHot, "encode", lambda self, cells: asked.append(len(cells)) or encode(self, cells))
    plugin = GPBO(GPBO.Hyper(), np.random.default_rng(0))
    tables = set()
    for query in range(20):
        proposed = plugin.propose(SPACE, encoder, labels, 1)
        labels = observed(np.append(labels.keys, SPACE.keys(proposed)))
        tables.add(id(plugin._surrogate._cube._table))
        assert len(labels.keys) == 11 + query
    assert asked == [SPACE.size] and len(tables) == 1
