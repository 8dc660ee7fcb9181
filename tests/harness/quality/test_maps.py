from dataclasses import replace

import numpy as np
import pytest

from harness.quality.maps import PART
from methods.representations.one_hot import OneHot
from tabular.benchmark import Surrogate
from tests.harness.quality.scripted import Constant, Digits


@pytest.fixture(scope="module")
def tables(subject_of, made, space, small):
    outcome = PART.measure(subject_of(made(Digits, space), labelled=True), small, np.random.default_rng(0))
    assert outcome.numbers == {} and PART.measures == ()
    return outcome.columns


def test_all_columns_are_of_one_length(tables, small):
    lengths = {name: {len(column) for column in table.values()} for name, table in tables.items()}
    expected = {"cells": 60, "plane": 25, "predictions": 120, "predicts": 1, "ascents": 3 * 21}
    assert lengths == {name: {length} for name, length in expected.items()}
    assert tables["predicts"] == {"accuracy": [False]}


def test_cells_with_what_is_true_and_predicted(tables, space, nb201):
    table = tables["cells"]
    cells = space.from_strings(table["architecture"])
    assert table["accuracy"] == nb201.mean(cells, "valid", 200).tolist()
    assert table["predicted"] == space.digits(cells).sum(axis=1).tolist()
    for name in ("pca_x", "pca_y", "tsne_x", "tsne_y"):
        assert np.std(table[name]) > 0


def test_the_plane_runs_through_the_mean(tables, space):
    table = tables["plane"]
    assert table["pca_x"][:5] == [-3, -1.5, 0, 1.5, 3] and table["pca_y"][:5] == [-3] * 5
    middle = table["pca_x"].index(0, 10)
    cells = space.from_strings(tables["cells"]["architecture"])
    centre = space.digits(cells).mean(axis=0)
    assert table["predicted"][middle] == pytest.approx(centre.sum(), rel=1e-5)
    assert table["architecture"][middle] == "".join(f"{digit:.0f}" for digit in centre.round())


def test_graphs_that_are_none_have_neither_text_nor_accuracy(tables):
    table = tables["plane"]
    unknown = np.isnan(table["accuracy"])
    assert [text == "" for text in table["architecture"]] == unknown.tolist()
    assert unknown.any() and not unknown.all()


def test_predictions_of_both_parts(tables, space):
    table = tables["predictions"]
    assert table["part"] == ["test"] * 60 + ["training"] * 60
    assert table["architecture"][:60] == tables["cells"]["architecture"]
    assert table["predicted"] == space.digits(space.from_strings(table["architecture"])).sum(axis=1).tolist()


def test_the_ascent(tables):
    """From the origin to threes: the gradient is -2 (z - 3), so each step of 0.1 leaves 0.8 of the way."""
    table = tables["ascents"]
    assert table["ascent"][:4] == [0, 1, 2, 0] and table["step"][:4] == [0, 0, 0, 1]
    expected = [-6 * (3 * 0.8**step) ** 2 for step in table["step"]]
    assert table["objective"] == pytest.approx(expected, rel=1e-4)
    assert (table["architecture"][0], table["architecture"][-1]) == ("000000", "333333")


def test_without_labels_nothing_is_predicted(subject_of, made, space, small):
    tables = PART.measure(subject_of(made(Digits, space)), small, np.random.default_rng(0)).columns
    assert set(tables) == {"cells", "plane"}
    assert np.isnan(tables["cells"]["predicted"]).all() and np.isnan(tables["plane"]["predicted"]).all()


def test_what_a_pool_does_not_know_is_judged(subject_of, made, space, small):
    """The pool is the training part, so that all test cells are asked of the surrogate."""
    whole = subject_of(made(Digits, space))
    keys = space.keys(whole.training.all())
    pool = replace(
        whole.benchmark,
        space=whole.training,
        columns={name: column[keys] for name, column in whole.benchmark.columns.items()},
    )
    judge = Surrogate(
        "j", space, "j", 1, {}, lambda cells, _: (np.full(len(cells), 0.5), np.zeros(len(cells)))
    )
    unknown = PART.measure(replace(whole, benchmark=pool), small, np.random.default_rng(0)).columns
    judged = PART.measure(
        replace(whole, benchmark=pool, judge=judge), small, np.random.default_rng(0)
    ).columns
    assert np.isnan(unknown["cells"]["accuracy"]).all() and judged["cells"]["accuracy"] == [0.5] * 60
    known = ~np.isnan(unknown["plane"]["accuracy"])
    assert known.any() and judged["plane"]["architecture"] == unknown["plane"]["architecture"]
    assert np.equal(judged["plane"]["accuracy"], unknown["plane"]["accuracy"])[known].all()


@pytest.mark.parametrize("cls", [OneHot, Constant])
def test_what_does_not_decode(subject_of, made, space, small, cls):
    tables = PART.measure(subject_of(made(cls, space)), small, np.random.default_rng(0)).columns
    assert set(tables) == {"cells", "plane"}
    assert set(tables["plane"]) == {"pca_x", "pca_y", "predicted"}


def test_a_predictor_that_reads_other_points_than_those_that_decode(subject_of, made, space, small):
    class Pooled(Digits):
        def encode(self, cells):
            return super().encode(cells).mean(1, keepdim=True)

        def posterior(self, cells):
            digits = super().encode(cells)
            return digits, digits * 0

        def objective(self, z):
            return z[:, 0]

        def prior(self, n):
            return super().prior(n)[:, :1]

        def decode(self, z):
            return super().decode(z.expand(-1, 6))

    subject = subject_of(made(Pooled, space), labelled=True)
    tables = PART.measure(subject, small, np.random.default_rng(0)).columns
    assert np.isnan(tables["plane"]["predicted"]).all()
    assert np.isfinite(tables["predictions"]["predicted"]).all()
