import numpy as np
import pytest

import tabular
from tabular import catalogue
from tabular.catalogue import benchmark_names, default_protocol, protocols, resolve
from tabular.errors import HarnessError, unknown
from tabular.protocol import find_protocol

ALL = ["nb201:cifar10", "nb201:cifar100", "nb201:imagenet16-120"]


FAMILIES = (
    "enas-pool", "enas-surrogate", "macro", "nas-bench-graph", "nb101", "nb101-30k", "nb201", "nb301",
    "transnas-macro", "transnas-micro",
)  # fmt: skip


def test_names():
    assert tuple(dict.fromkeys(name.partition(":")[0] for name in benchmark_names())) == FAMILIES
    assert [name for name in benchmark_names() if name.startswith("nb201")] == ALL


@pytest.mark.parametrize(("name", "full"), [("nb201", ALL[:1]), ("nb201:*", ALL), (ALL[2], ALL[2:])])
def test_resolve(name, full):
    assert resolve(name) == full


@pytest.mark.parametrize(
    ("name", "closest"),
    [("nb2001", "nb201"), ("nb202:cifar10", "nb201"), ("nb201:cifar1", ALL[0]), ("nb201:imagenet", ALL[2])],
)
def test_unknown_benchmark_gives_the_closest(name, closest):
    with pytest.raises(HarnessError) as caught:
        resolve(name)
    message = str(caught.value)
    assert f"unknown benchmark '{name}'" in message
    assert f"Did you mean '{closest}" in message
    assert all(known in message for known in (ALL if ":" in closest else FAMILIES))


def test_tied_cells_are_another_dataset():
    assert resolve("nb301", tie_cells=True) == resolve("nb301:*", tie_cells=True) == ["nb301:tied"]
    with pytest.raises(HarnessError, match="nb201 has no cells to tie"):
        resolve("nb201", tie_cells=True)


def test_a_family_alone_is_its_first_dataset():
    assert tabular.load("nb201").name == "nb201:cifar10"
    assert tabular.load("nb201").digest == tabular.load("nb201:cifar10").digest


@pytest.mark.parametrize("name", benchmark_names())
def test_the_default_protocol_is_one_of_the_benchmarks_own(name):
    assert find_protocol(default_protocol(name), name, protocols()).benchmark == name.partition(":")[0]
    assert default_protocol("nb201:cifar100") == "nb201-200ep"


def test_unknown_without_anything_close_or_anything_at_all():
    assert str(unknown("thing", "zzz", ["abc", "abd"])) == "unknown thing 'zzz'. Available: abc, abd"
    assert str(unknown("thing", "zzz", [])) == "unknown thing 'zzz'. Available: none"
    assert str(unknown("method", "ngea", ["ngae", "gp_bo"])) == (
        "unknown method 'ngea'. Did you mean 'ngae'? Available: gp_bo, ngae"
    )


@pytest.mark.parametrize("name", benchmark_names())
def test_a_space_is_known_without_its_table(name, monkeypatch):
    monkeypatch.setattr(catalogue, "load", None)  # what opens tables
    catalogue.space.cache_clear()
    found = catalogue.space(name)
    drawn = found.sample(5, np.random.default_rng(0))
    assert found.contains(found.from_strings(found.to_strings(drawn))).all()


def test_datasets_of_one_family_may_differ_in_space():
    assert catalogue.space("nb301:tied").vertices < catalogue.space("nb301:cifar10").vertices
    assert catalogue.space("nb201:cifar100").complexity_digest != catalogue.space("nb201").complexity_digest
