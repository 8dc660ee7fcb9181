"""Installed third parties: what an entry point names can be listed, loaded and run."""

from importlib.metadata import EntryPoint

import pytest

import harness.study.registry
import tabular
import tabular.catalogue
from harness.study.registry import Registry
from tabular.errors import HarnessError

PLUGIN = """
from methods.base import Optimizer
class Helper(Optimizer):
    def propose(self, space, representation, observed, n): return space.sample(n, self.rng)
class Mine(Helper):
    version = 7
"""
BENCHMARK = """
import dataclasses
from tabular.benchmarks import nb201
from tabular.protocols.nb201 import EP200
DATASETS = ("small",)
DEFAULT_PROTOCOL = "outside-1"
PROTOCOLS = (dataclasses.replace(EP200, name="outside-1", benchmark="outside"),)
def load(dataset): return dataclasses.replace(nb201.load("cifar10"), name="outside:small")
"""


@pytest.fixture
def installed(tmp_path, monkeypatch):
    (tmp_path / "outside_plugin.py").write_text(PLUGIN)
    (tmp_path / "outside_benchmark.py").write_text(BENCHMARK)
    monkeypatch.syspath_prepend(str(tmp_path))

    def points(group):
        named = {
            "harness.optimizers": ("outside", "outside_plugin:Mine"),
            "harness.benchmarks": ("outside", "outside_benchmark"),
        }
        return [EntryPoint(*named[group], group)] if group in named else []

    monkeypatch.setattr(harness.study.registry, "entry_points", points)
    monkeypatch.setattr(tabular.catalogue, "entry_points", points)
    tabular.catalogue._found.cache_clear()
    yield
    tabular.catalogue._found.cache_clear()


def test_the_named_class_is_the_plugin(installed):
    registry = Registry()
    assert "outside" in registry.names("optimizer")
    assert registry.load("optimizer", "outside").__name__ == "Mine"
    assert registry.version("optimizer", "outside").startswith("7-")


def test_an_entry_point_of_another_role_is_refused(installed, monkeypatch):
    point = EntryPoint("outside", "outside_plugin:Mine", "harness.representations")
    monkeypatch.setattr(harness.study.registry, "entry_points", lambda group: [point])
    with pytest.raises(HarnessError, match="is no representation class"):
        Registry().load("representation", "outside")


def test_an_installed_benchmark_brings_its_protocols(installed, study):
    assert tabular.catalogue.resolve("outside") == ["outside:small"]
    (spec,) = study("methods=random", "bench=outside", "seeds=1")
    assert (spec.benchmark, spec.protocol.name) == ("outside:small", "outside-1")


def test_a_benchmark_that_cannot_be_imported_is_named(installed, monkeypatch):
    broken = EntryPoint("broken", "not_there", "harness.benchmarks")
    monkeypatch.setattr(tabular.catalogue, "entry_points", lambda group: [broken])
    tabular.catalogue._found.cache_clear()
    with pytest.raises(HarnessError, match=r"broken = not_there .* cannot be imported: .*not_there"):
        tabular.load("broken")


def test_the_space_of_a_family_that_states_none_is_that_of_its_table(installed):
    assert tabular.catalogue.space("outside").name == "nb201"
