"""Points of a file as a representation: `table` and `zero_cost`."""

import numpy as np
import pytest
import torch

import tabular
from methods.representations.table import Table
from methods.representations.zero_cost import ZeroCost
from tabular.errors import HarnessError
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace
from tests.methods.spaces import observe

NB201 = tabular.load("nb201").space
TEXT = "key,a,b\n000003,1,10\n000001,2,10\n000002,5,1000\n"
plugins = pytest.mark.parametrize("plugin", [Table, ZeroCost], ids=lambda plugin: plugin.__name__)


@pytest.fixture
def opened(tmp_path):
    """A representation of a file, and what was found in it."""

    def make(plugin, text=TEXT, space=NB201, **hyper):
        file = tmp_path / "emb.csv"
        file.write_text(text)
        reading = {field: hyper.pop(field) for field in plugin.reading if field in hyper}
        found = plugin.opened(plugin.Hyper(file=str(file), **reading), space, "cifar10")
        return plugin(plugin.Hyper(**found.hyper, **hyper), np.random.default_rng(0)), found

    return make


def test_a_table_gives_the_numbers_of_the_file(opened):
    table, found = opened(Table)
    table.fit(NB201, None)
    z = table.encode(NB201.from_strings(["000001", "000003", "000001"]))
    assert z.dtype == torch.float32 and z.tolist() == [[2, 10], [1, 10], [2, 10]]
    assert NB201.to_strings(table.known()) == ["000001", "000002", "000003"]
    assert found.cells is not None and found.hyper["columns"] == "a,b"
    assert found.remarks == ("3 of 15,625 architectures of nb201, 2 columns",)
    assert table.encode(NB201.all()[:0]).shape == (0, 2)


def test_zero_cost_gives_ranks_unless_scores_are_wanted(opened):
    ranked, _ = opened(ZeroCost)
    scored, _ = opened(ZeroCost, scale="scores")
    cells = NB201.from_strings(["000003", "000001", "000002"])
    for each in (ranked, scored):
        each.fit(NB201, None)
    assert scored.encode(cells).tolist() == [[1, 10], [2, 10], [5, 1000]]
    expected = [[0.5 / 3, 1 / 3], [0.5, 1 / 3], [2.5 / 3, 2.5 / 3]]
    assert np.allclose(ranked.encode(cells).numpy(), expected)


@plugins
def test_the_keys_are_those_of_the_whole_space_whatever_pool_is_searched(opened, plugin):
    made, _ = opened(plugin)
    cells = NB201.from_strings(["000002", "000003"])
    made.fit(NB201, None)
    z = made.encode(cells)
    pool = PoolSpace("part", NB201, cells)
    for space in (pool, PoolSpace("deeper", pool, cells[[0]])):
        made.fit(space, None)
        assert torch.equal(made.encode(cells), z)


@plugins
def test_what_the_file_lacks_is_refused(opened, plugin):
    made, _ = opened(plugin)
    made.fit(NB201, None)
    with pytest.raises(HarnessError, match="the file has no points of 2 of 3 architectures"):
        made.encode(NB201.from_strings(["000000", "000002", "444444"]))
    with pytest.raises(HarnessError, match="the points are of another space than enas"):
        made.fit(ENASSpace(), None)


@plugins
def test_without_a_file_or_its_content_there_is_nothing(plugin):
    with pytest.raises(HarnessError, match="it is read from a file"):
        plugin.opened(plugin.Hyper(), NB201, "cifar10")
    with pytest.raises(HarnessError, match="its file has not been read"):
        plugin(plugin.Hyper(), np.random.default_rng(0))


@plugins
@pytest.mark.parametrize("optimizer", ["gp_bo", "bananas", "reinforce_latent"])
def test_whatever_needs_no_more_than_points_proposes_what_the_file_holds(opened, plugin, optimizer):
    from harness.study.registry import Registry
    from tabular.spaces.pool import among

    cells = NB201.sample(400, np.random.default_rng(0))
    keys = np.unique(NB201.keys(cells))
    numbers = np.random.default_rng(1).normal(size=(len(keys), 3))
    texts = NB201.to_strings(NB201.all()[keys])
    lines = [f"{text},{','.join(map(str, row))}" for text, row in zip(texts, numbers, strict=True)]
    made, found = opened(plugin, "\n".join(["key,a,b,c", *lines]))
    space = among(NB201, found.cells, closed=True)
    observed = observe(space, 12, np.random.default_rng(5))
    cls = Registry().load("optimizer", optimizer)
    settings = {"candidates": "pool", "pool": 60} if optimizer != "reinforce_latent" else {}
    search = cls(cls.Hyper(**settings), np.random.default_rng(0))
    for _ in range(3):
        made.fit(space, observed)
        proposal = search.propose(space, made, observed, 2)
        assert len(proposal) >= 1 and space.contains(proposal).all()
