import dataclasses

import numpy as np
import pytest
import torch

from harness.quality.geometry import PART, twins
from harness.quality.sample import Sample
from methods.representations.arch2vec import Arch2Vec
from methods.representations.dvae import DVAE
from methods.representations.one_hot import OneHot
from methods.training import Unwatched
from tabular.benchmark import Surrogate
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.enas import ENASSpace
from tests.harness.quality.scripted import Constant


@pytest.fixture(scope="module")
def one_hot(subject_of, made, space, small):
    sizes = dataclasses.replace(small, cells=400, walks=20, steps=6)
    return PART.measure(subject_of(made(OneHot, space)), sizes, np.random.default_rng(0))


def test_one_hot_distances_are_roots_of_edits(one_hot):
    """Two cells that differ in k operations are sqrt(2 k) apart, and random ones differ in 4.8 of 6."""
    unit = one_hot.numbers["walk_first_step"]
    assert unit == pytest.approx(np.sqrt(2 * 1) / np.sqrt(2 * 4.8), rel=0.02)
    assert one_hot.numbers["edits_spearman"] == pytest.approx(1)
    assert one_hot.numbers["mutations_near"] == 1
    assert one_hot.numbers["mutations_chance"] == pytest.approx(24 / 424, rel=0.03)
    assert one_hot.numbers["edits_near"] < 0.6
    assert 0.5 < one_hot.numbers["walk_in_order"] < 1


def test_walks_by_steps(one_hot):
    walks = one_hot.columns["walks"]
    assert walks["steps"] == [1, 2, 3, 4, 5, 6]
    assert walks["edits"][0] == 1 and np.all(np.diff(walks["edits"]) > 0)
    assert walks["distance"][0] == pytest.approx(walks["distance_q5"][0])
    for low, high in (("q5", "q25"), ("q25", "q50"), ("q50", "q75"), ("q75", "q95")):
        assert np.all(np.array(walks[f"distance_{low}"]) <= walks[f"distance_{high}"])


def test_what_does_not_decode_has_no_lines(one_hot):
    assert {name for name, value in one_hot.numbers.items() if np.isnan(value)} == {
        "path_valid",
        "path_different",
        "path_small_steps",
    }
    assert "interpolations" not in one_hot.columns


def test_accuracy_is_smooth_where_points_are_accuracies(subject_of, made, space, nb201, small):
    class Cheat(Constant):
        def encode(self, cells):
            return torch.from_numpy(nb201.mean(cells, "valid", 200)[:, None])

    sizes = dataclasses.replace(small, cells=400)
    numbers = PART.measure(subject_of(made(Cheat, space)), sizes, np.random.default_rng(0)).numbers
    assert numbers["moran"] > 0.9 and numbers["moran_ranks"] > 0.98 and numbers["dirichlet"] < 0.1


def test_where_all_cells_are_one_point_nothing_is_said(subject_of, made, space, small):
    numbers = PART.measure(subject_of(made(Constant, space)), small, np.random.default_rng(0)).numbers
    for name in ("walk_first_step", "walk_spearman", "edits_spearman", "twins_distance", "twins_merged"):
        assert np.isnan(numbers[name])
    assert numbers["walk_in_order"] == 0.5


def test_unknown_accuracies_are_left_out(subject_of, made, space, nb201, small):
    def evaluate(cells, epochs):
        accuracy = nb201.mean(cells, "valid", 200)
        return np.where(cells.ops[:, 1] == 1, np.nan, accuracy), np.zeros(len(cells))

    some = Surrogate("some", space, "d", 200, {}, evaluate)
    numbers = PART.measure(
        subject_of(made(OneHot, space), some, space.all()), small, np.random.default_rng(0)
    ).numbers
    assert np.isfinite(numbers["moran"])
    none = Surrogate("none", space, "d", 199, {}, evaluate)  # nothing at 200 epochs
    numbers = PART.measure(
        subject_of(made(OneHot, space), none, space.all()), small, np.random.default_rng(0)
    ).numbers
    assert np.isnan([numbers["moran"], numbers["moran_ranks"], numbers["dirichlet"]]).all()


TINY = {"width": 16, "epochs": 1, "cells": 100}


@pytest.fixture
def twin_numbers(subject_of, small):
    def measure(cls, space, **hyper):
        rng = np.random.default_rng(0)
        representation = cls(cls.Hyper(**TINY, **hyper), rng)
        representation.pretrain(space, None, Unwatched())
        nothing = Surrogate("nothing", space, "d", 1, {}, lambda cells, epochs: None)
        subject = subject_of(representation, nothing, space.sample(100, rng))
        return twins(subject, Sample.of(subject, small, rng), rng)

    return measure


def test_arch2vec_does_not_see_the_order_of_vertices(twin_numbers):
    numbers = twin_numbers(Arch2Vec, DARTSSpace(tie_cells=True))
    assert numbers["twins_distance"] < 1e-5
    assert numbers["twins_merged"] == 1


def test_vertex_ids_do(twin_numbers):
    numbers = twin_numbers(DVAE, DARTSSpace(tie_cells=True), vertex_ids=True, cycles=1)
    assert numbers["twins_distance"] > 0.01
    assert numbers["twins_merged"] < 1


def test_where_no_cell_has_a_twin(twin_numbers):
    numbers = twin_numbers(DVAE, ENASSpace(), cycles=1)
    assert np.isnan([numbers["twins_distance"], numbers["twins_merged"]]).all()
