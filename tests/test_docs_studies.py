"""Every command line of the page on studies means something, and its numbers are those of the tables."""

import re
import shlex

import pytest

from harness.compare.published import BESIDE_ALL, published
from harness.quality.parts import PARTS
from harness.study.method import crossed, resolve_method
from harness.study.options import ReportOptions, RunOptions, parse
from harness.study.quality_options import QualityOptions
from harness.study.registry import Registry
from harness.study.represented import resolve_representation
from tabular.catalogue import resolve


@pytest.fixture(scope="module")
def page(root):
    return (root / "docs" / "studies.md").read_text()


@pytest.fixture(scope="module")
def commands(page):
    return [shlex.split(line)[1:] for line in re.findall(r"^    (harness .+)$", page, re.MULTILINE)]


def test_every_name_of_every_command_is_one(commands):
    registry = Registry()
    for command, *words in commands:
        model = {"quality": QualityOptions, "run": RunOptions, "report": ReportOptions}[command]
        options, overrides = parse(words, model, overrides=command != "report")
        if command == "report":
            continue
        assert all(resolve(name) for name in options.bench)
        if command == "quality":
            labels = [resolve_representation(name, overrides, registry).label for name in options.methods]
            assert set(options.parts or ()) <= PARTS.keys()
        else:
            names, left_out = crossed(options.methods, options.optimizers, registry)
            labels = [resolve_method(name, overrides, registry).label for name in names]
            assert not left_out
        assert len(set(labels)) == len(options.methods)
    assert len(commands) >= 10


def test_quality_and_searches_of_the_last_study_are_of_the_same_representations(commands):
    registry = Registry()
    (quality, *measured), (run, *searched), _ = commands[-3:]
    assert (quality, run) == ("quality", "run")
    names = parse(measured, QualityOptions)[0].methods
    options, overrides = parse(searched, RunOptions, overrides=True)
    found = [
        resolve_method(name, overrides, registry).representation
        for name in crossed(options.methods, options.optimizers, registry)[0]
    ]
    assert found == [resolve_representation(name, {}, registry).representation for name in names]


def test_the_numbers_of_the_page_are_those_that_stand_in_tables(page):
    told = {float(each) for line in re.findall(r"^\|.*\|$", page, re.MULTILINE)
            for each in re.findall(r"(?<![-\w.])\d*\.?\d+(?= *[|/])", line)}  # fmt: skip
    ours = (each for each in published() if each.part not in BESIDE_ALL)
    assert told == {round(100 * each.value, 6) for each in ours}
