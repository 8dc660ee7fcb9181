import re
import subprocess
import sys

import numpy as np
import pytest

from harness.quality import prediction
from harness.quality.parts import PARTS
from harness.study.registry import Registry
from methods.base import Autoencoder
from methods.training import Unwatched
from tabular.spaces.pool import PoolSpace
from tests.harness.quality.scripted import Digits

MEASURES = [(part.name, measure) for part in PARTS.values() for measure in part.measures]


def test_names():
    assert list(PARTS) == [
        "autoencoding",
        "generation",
        "geometry",
        "prediction",
        "curves",
        "predictor",
        "proposals",
        "maps",
    ]
    for name, part in PARTS.items():
        names = [measure.name for measure in part.measures]
        assert part.name == name and len(set(names)) == len(names)
        assert len({measure.heading for measure in part.measures}) == len(names)


@pytest.mark.parametrize(("part", "measure"), MEASURES, ids=lambda value: getattr(value, "name", value))
def test_every_measure_says_what_it_is(part, measure):
    assert re.fullmatch(r"[a-z_0-9]+", measure.name)
    assert len(measure.words.split()) >= 4 and len(measure.heading) <= 30
    assert measure.unit in ("%", "") and measure.better in ("higher", "lower", "")


def test_every_part_shows_some_of_its_measures():
    shown = {name: sum(measure.shown for measure in part.measures) for name, part in PARTS.items()}
    assert all(2 <= count <= 12 for name, count in shown.items() if name != "maps")


LIGHT = """
import sys
from harness.quality.parts import PARTS
heavy = [name for name in ("torch", "scipy", "sklearn", "matplotlib") if name in sys.modules]
sys.exit(f"imported {heavy}" if heavy else 0)
"""


def test_reading_what_is_measured_imports_nothing_heavy():
    done = subprocess.run([sys.executable, "-c", LIGHT], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.fixture
def few_labels(monkeypatch):
    """Predictors learn from ten labels alone, and what learns labels itself does so twice."""
    monkeypatch.setattr(prediction, "COMMON", (10,))
    monkeypatch.setattr(prediction, "OF_PAPERS", {})
    monkeypatch.setattr(prediction, "FITS", 2)


@pytest.mark.usefixtures("few_labels")
@pytest.mark.parametrize("part", PARTS.values(), ids=PARTS)
def test_equal_streams_give_equal_numbers(subject_of, made, space, small, part):
    def measured():
        subject = subject_of(made(Digits, space, deviation=0.3), labelled=True, curve=[{"epoch": 1.0}])
        return part.measure(subject, small, np.random.default_rng(3))

    first, second = measured(), measured()
    np.testing.assert_equal(first.numbers, second.numbers)
    np.testing.assert_equal(first.columns, second.columns)
    assert set(first.numbers) == {measure.name for measure in part.measures}
    for table in first.columns.values():
        assert len({len(column) for column in table.values()}) == 1


@pytest.mark.trains
@pytest.mark.usefixtures("few_labels")
@pytest.mark.parametrize("name", ["arch2vec", "dvae", "gae", "nao", "ngae", "vgae"])
def test_all_parts_take_what_there_is(subject_of, space, small, name):
    """After one pass over few cells: whatever they do, shares are shares and there is no other fault."""
    cls = Registry(()).load("representation", name)
    rng = np.random.default_rng(0)
    short = {"width": 16, "epochs": 1, **({"cycles": 1} if name in ("dvae", "nao", "ngae") else {})}
    representation = cls(cls.Hyper(**short), rng)
    assert isinstance(representation, Autoencoder)
    cells = space.all()[rng.permutation(space.size)[:300]]
    representation.pretrain(PoolSpace("few", space, cells), None, Unwatched())
    subject = subject_of(representation, cells=cells)
    fitting = [
        part for part in PARTS.values() if all(isinstance(representation, role) for role in part.needs)
    ]
    assert len(fitting) >= 5
    for part in fitting:
        numbers = part.measure(subject, small, rng).numbers
        shares = [numbers[measure.name] for measure in part.measures if measure.unit == "%"]
        assert all(np.isnan(share) or 0 <= share <= 1 for share in shares)
