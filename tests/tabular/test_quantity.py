"""What a benchmark records, in words."""

import pytest

import tabular
from tabular.quantity import ACCURACY, Quantity, common

LOSS = Quantity("negative loss", "negative losses", percent=False)
AREA = Quantity("ROC-AUC", "ROC-AUCs")


def test_accuracy_says_what_is_written():
    text = "Accuracy (%) of accuracies, in points"
    assert ACCURACY.said(text) is text
    assert (ACCURACY.unit, ACCURACY.points, ACCURACY.scale) == ("%", "points", "percent")


@pytest.mark.parametrize(
    ("quantity", "text", "said"),
    [
        (LOSS, "accuracy (%)", "negative loss (hundredths)"),
        (LOSS, "Accuracy of 5 % of accuracies", "Negative loss of 5 % of negative losses"),
        (LOSS, "regret, in points; regret (points)", "regret, in hundredths; regret (hundredths)"),
        (LOSS, "10 to 0.01 points", "10 to 0.01 hundredths"),
        (LOSS, "10 points of a cell, nearest points", "10 points of a cell, nearest points"),
        (LOSS, "inaccuracy", "inaccuracy"),
        (AREA, "Accuracy (%), in points", "ROC-AUC (%), in points"),
    ],
)
def test_texts_are_said_of_other_quantities(quantity, text, said):
    assert quantity.said(text) == said


@pytest.mark.parametrize("quantity", [ACCURACY, LOSS, AREA])
def test_content_is_read_back(quantity):
    assert Quantity.of(quantity.content()) == quantity
    assert bool(quantity.content()) == (quantity != ACCURACY)
    assert Quantity.of(None) == ACCURACY


def test_what_several_have_in_common():
    assert common([]) == common([ACCURACY, ACCURACY]) == ACCURACY
    assert common([LOSS]) == LOSS
    mixed = common([LOSS, ACCURACY])
    assert mixed.said("Accuracy (%)") == "Recorded metric (hundredths)"
    assert common([AREA, ACCURACY]).said("Mean truth (%), in points") == "Mean truth (%), in points"


def test_benchmarks_declare_theirs(nb201):
    assert nb201.quantity == ACCURACY
    pytest.importorskip("nas_bench_graph", reason="needs the extra graph")
    assert tabular.load("nas-bench-graph:cora").quantity == ACCURACY
    assert tabular.load("nas-bench-graph:proteins").quantity == AREA
