import pytest

import tabular
from tabular.catalogue import benchmark_names, default_protocol, resolve
from tabular.errors import HarnessError, unknown
from tests.presets import PROTOCOLS

ALL = ["nb201:cifar10", "nb201:cifar100", "nb201:imagenet16-120"]


def test_names():
    assert benchmark_names() == ALL


@pytest.mark.parametrize(("name", "full"), [("nb201", ALL[:1]), ("nb201:*", ALL), (ALL[2], ALL[2:])])
def test_resolve(name, full):
    assert resolve(name) == full


@pytest.mark.parametrize(
    ("name", "closest"),
    [("nb2001", "nb201"), ("nb202", "nb201"), ("nb201:cifar1", "nb201:cifar10"), ("nb201:imagenet", ALL[2])],
)
def test_unknown_benchmark_gives_the_closest(name, closest):
    with pytest.raises(HarnessError) as caught:
        resolve(name)
    message = str(caught.value)
    assert f"unknown benchmark '{name}'" in message
    assert f"Did you mean '{closest}" in message
    assert all(full in message for full in ALL)


def test_a_family_alone_is_its_first_dataset():
    assert tabular.load("nb201").name == "nb201:cifar10"
    assert tabular.load("nb201").digest == tabular.load("nb201:cifar10").digest


def test_default_protocol_exists():
    assert default_protocol("nb201:cifar100") == "nb201-200ep"
    assert "nb201-200ep" in PROTOCOLS


def test_unknown_without_anything_close_or_anything_at_all():
    assert str(unknown("thing", "zzz", ["abc", "abd"])) == "unknown thing 'zzz'. Available: abc, abd"
    assert str(unknown("thing", "zzz", [])) == "unknown thing 'zzz'. Available: none"
    assert str(unknown("method", "ngea", ["ngae", "gp_bo"])) == (
        "unknown method 'ngea'. Did you mean 'ngae'? Available: gp_bo, ngae"
    )
