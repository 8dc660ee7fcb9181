import numpy as np
import pytest

import tabular
from tabular.benchmark import Table, Unlabelled
from tabular.catalogue import load_unlabelled
from tabular.errors import HarnessError
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.pool import among
from tabular.split import PUBLISHED, split, split_among


def keys(space, cells):
    return set(space.keys(cells).tolist())


def test_a_listed_space_is_split_once_and_for_all():
    benchmark = tabular.load("nb201")
    parts, again = split(benchmark, 100), split(tabular.load("nb201:cifar100"), 999)
    assert (parts.training.size, len(parts.test)) == (14_062, 1_563)
    assert parts.training.digest == again.training.digest != benchmark.space.digest
    first, second = keys(benchmark.space, parts.training.all()), keys(benchmark.space, parts.test)
    assert not first & second and len(first | second) == 15_625
    assert keys(benchmark.space, again.test) == second


def test_a_space_that_cannot_be_listed_is_sampled():
    parts = split(Unlabelled("nb301:tied", DARTSSpace(tie_cells=True)), 500)
    assert (parts.training.size, len(parts.test)) == (450, 50)
    assert "500 sampled" in parts.words
    whole = parts.training.whole
    assert not keys(whole, parts.training.all()) & keys(whole, parts.test)


def test_a_published_split_is_kept():
    known = tabular.load("nb201")
    assert isinstance(known, Table)
    is_test = np.arange(known.space.size) % 3 == 0
    table = Table("mine:one", known.space, "digest", 200, {**known.columns, PUBLISHED: is_test}, {})
    parts = split(table, 100)
    assert keys(known.space, parts.test) == set(np.flatnonzero(is_test).tolist())
    assert "published" in parts.words


@pytest.mark.parametrize("name", ["nb101", "nb301:tied"])
def test_without_its_data_a_benchmark_is_a_bare_space(name, tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path))
    tabular.catalogue.load.cache_clear()
    bare = load_unlabelled(name)
    cells = bare.space.sample(3, np.random.default_rng(0))
    assert isinstance(bare, Unlabelled) and bare.name.startswith(name)
    assert bare.digest == f"unlabelled-{bare.space.digest}"
    assert not bare.recorded and not bare.has("valid", 1) and bare.best("valid", 1) is None
    for ask in (lambda: bare.mean(cells, "valid", 1), lambda: bare.seconds(cells, 1)):
        with pytest.raises(HarnessError, match="no label of it is at hand; harness data list says"):
            ask()


def test_data_that_are_here_are_used():
    assert load_unlabelled("nb201") is tabular.load("nb201")


def test_known_cells_are_split_as_all_are():
    benchmark = tabular.load("nb201")
    known = among(benchmark.space, benchmark.space.all()[::3], closed=True)
    parts, every = split_among(benchmark, 0, known), split(benchmark, 0)
    assert parts.training.whole is known and parts.training.size + len(parts.test) == known.size
    assert keys(benchmark.space, parts.training.all()) < keys(benchmark.space, every.training.all())
    assert keys(benchmark.space, parts.test) < keys(benchmark.space, every.test)
    assert "as far as known: 5,209 cells" in parts.words
    assert split_among(benchmark, 0, benchmark.space) is every


def test_known_cells_of_a_space_that_cannot_be_listed_are_split_by_themselves():
    space = DARTSSpace(tie_cells=True)
    known = among(space, space.sample(100, np.random.default_rng(0)), closed=True)
    parts = split_among(Unlabelled("nb301:tied", space), 500, known)
    assert (parts.training.size, len(parts.test)) == (90, 10)
    assert not keys(space, parts.training.all()) & keys(space, parts.test)


def test_too_few_known_cells_are_refused():
    benchmark = tabular.load("nb201")
    known = among(benchmark.space, split(benchmark, 0).training.all()[:5], closed=True)
    with pytest.raises(HarnessError, match="only 5 cells of nb201:cifar10 are known: too few to split them"):
        split_among(benchmark, 0, known)
