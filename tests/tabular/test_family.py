"""The contract of a benchmark family, and how a third party's is told what it lacks."""

import dataclasses
from types import ModuleType

import pytest

from tabular import catalogue
from tabular.errors import HarnessError
from tabular.family import REQUIRED, Family, checked, with_code
from tabular.protocol import Protocol

MINE = Protocol(name="mine-1", summary="a test's", benchmark="mine")


def module(**changes):
    """A module that keeps the contract, but for changes; None leaves a name out."""
    made = ModuleType("mine")
    right = {
        "DATASETS": ("one",),
        "DEFAULT_PROTOCOL": "mine-1",
        "PROTOCOLS": (MINE,),
        "load": lambda dataset: None,
    }
    for name, value in {**right, **changes}.items():
        if value is not None:
            setattr(made, name, value)
    return made


@pytest.mark.parametrize("name", REQUIRED)
def test_what_a_module_lacks_is_named(name):
    with pytest.raises(HarnessError, match=f"^here: benchmark 'mine' lacks {name}$"):
        Family.of("mine", module(**{name: None}), "here")


def test_all_that_it_lacks_is_named_at_once():
    with pytest.raises(HarnessError, match="lacks DATASETS and DEFAULT_PROTOCOL and PROTOCOLS and load"):
        Family.of("mine", ModuleType("empty"), "here")


WRONG = {
    "a text": ({"DATASETS": "one"}, "DATASETS must be a tuple of str, not 'one'"),
    "no dataset": ({"DATASETS": ()}, "DATASETS is empty"),
    "protocols by name": ({"PROTOCOLS": ("mine-1",)}, "PROTOCOLS must be a tuple of Protocol"),
    "another's protocol": (
        {"PROTOCOLS": (dataclasses.replace(MINE, benchmark="nb201"),)},
        "DEFAULT_PROTOCOL is 'mine-1', none of its PROTOCOLS (none has benchmark='mine')",
    ),
    "unknown default": ({"DEFAULT_PROTOCOL": "mine-2"}, "'mine-2', none of its PROTOCOLS (mine-1)"),
    "load": ({"load": 3}, "load must be a function, not 3"),
    "space": ({"space": "nb201"}, "space must be a function, not 'nb201'"),
    "sources": ({"SOURCES": ("file",)}, "SOURCES must be a tuple of Source"),
    "tied": ({"TIED": ("a", "b")}, "TIED must be a dictionary of datasets"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_wrong_is_said(case):
    changes, said = WRONG[case]
    with pytest.raises(HarnessError) as problem:
        Family.of("mine", module(**changes), "here")
    assert str(problem.value).startswith("here: benchmark 'mine': ") and said in str(problem.value)


def test_what_is_built_in_keeps_the_contract():
    assert len(catalogue.families()) == len({family.name for family in catalogue.families()}) >= 9
    assert all(family.code == "" and family.space for family in catalogue.families())


def test_what_load_gives_is_checked(nb201):
    assert checked(nb201, "nb201:cifar10") is nb201
    with pytest.raises(HarnessError, match="load of mine:one gives NoneType, not a Benchmark"):
        checked(None, "mine:one")
    with pytest.raises(
        HarnessError, match="load of mine:one gives a benchmark with the name 'nb201:cifar10'"
    ):
        checked(nb201, "mine:one")


def test_code_is_part_of_a_third_partys_digest(nb201):
    one, other = with_code(nb201, "a"), with_code(nb201, "b")
    assert len({nb201.digest, one.digest, other.digest}) == 3
    assert one.name == nb201.name and one.columns is nb201.columns
    assert with_code(nb201, "") is nb201


def test_a_family_of_a_file_is_there_until_others_are(nb201):
    family = Family.of(
        "mine", module(load=lambda dataset: dataclasses.replace(nb201, name="mine:one")), "here"
    )
    try:
        catalogue.use_files({"mine": family})
        assert catalogue.resolve("mine") == ["mine:one"] and "mine-1" in catalogue.protocols()
        assert catalogue.load("mine").name == "mine:one"
        with pytest.raises(HarnessError, match=r"nb201\.py would hide the benchmark 'nb201'"):
            catalogue.use_files({"nb201": family})
    finally:
        catalogue.use_files({})
    with pytest.raises(HarnessError, match="unknown benchmark 'mine'"):
        catalogue.load("mine")


def test_a_protocol_that_exists_leaves_its_family_out(capsys):
    taken = dataclasses.replace(MINE, name="nb201-200ep")
    family = Family.of("mine", module(PROTOCOLS=(taken,), DEFAULT_PROTOCOL="nb201-200ep"), "here")
    try:
        catalogue.use_files({"mine": family})
        assert "mine" not in {each.name for each in catalogue.families()}
        assert catalogue.protocols()["nb201-200ep"].benchmark == "nb201"
        assert "there is a protocol 'nb201-200ep' already: it is left out" in capsys.readouterr().err
    finally:
        catalogue.use_files({})
