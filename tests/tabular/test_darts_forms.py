"""What DARTS architectures cost, their texts and genotypes: against networks in torch and by hand."""

import json

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.spaces.darts_network import NetworkCost
from tests.tabular.darts_cells import NORMAL, REDUCE, SEP5, SPACES, same, some
from tests.tabular.darts_torch import measured


@pytest.fixture(params=SPACES)
def darts(request):
    return SPACES[request.param]


def test_complexity_equals_networks_built_in_torch(darts):
    cells = some(darts, 4, 11)
    for row, (normal, reduce) in enumerate(darts.to_genotype(cells).tolist()):
        params, flops = measured(normal, reduce, channels=32, layers=8)
        assert darts.complexity(cells, "params")[row] == pytest.approx(params, abs=1e-9)
        assert darts.complexity(cells, "flops")[row] == pytest.approx(flops, abs=1e-9)


def test_parameters_of_the_published_network():
    """3.3 million in table 1 of the DARTS paper: 36 initial channels, 20 cells, the second-order result."""
    cost = NetworkCost.of(36, 20, "params")
    parts = [
        cost(kind, *np.array([cell]).transpose(2, 0, 1))[0] for kind, cell in enumerate((NORMAL, REDUCE))
    ]
    total = cost.constant + sum(parts)
    assert total == pytest.approx(measured(NORMAL, REDUCE, channels=36, layers=20)[0], abs=1e-9)
    assert round(total, 1) == 3.3


@pytest.mark.parametrize("measure", ["flops", "params"])
def test_largest_complexity_is_reached_and_not_passed(darts, measure):
    largest = "-".join(f"{i}.{SEP5}" for _ in range(4) for i in (0, 1))
    cells = darts.from_strings([largest if darts.tie_cells else f"{largest}_{largest}"])
    assert darts.complexity(cells, measure)[0] == pytest.approx(darts.largest_complexity(measure), rel=1e-12)
    assert darts.complexity(some(darts, 2000), measure).max() < darts.largest_complexity(measure)


def test_an_unknown_measure(darts):
    with pytest.raises(HarnessError, match=r"unknown measure 'flop'\. Did you mean 'flops'"):
        darts.complexity(some(darts, 1), "flop")


def test_texts(darts):
    cells = some(darts)
    assert same(darts.from_strings(darts.to_strings(cells)), cells)
    assert len(set(darts.to_strings(cells))) == len(set(darts.keys(cells).tolist())) == 200
    pair = np.array([[NORMAL, NORMAL if darts.tie_cells else REDUCE]])
    (text,) = darts.to_strings(darts.from_genotype(pair))
    parts = ["0.3-1.3-0.3-1.3-0.2-1.3-0.2-2.5", "0.0-1.0-1.0-2.2-0.0-2.2-1.0-2.2"]
    assert text == (parts[0] if darts.tie_cells else "_".join(parts))


GOOD = "0.3-1.3-0.3-1.3-0.2-1.3-0.2-2.5"


@pytest.mark.parametrize(
    "text",
    [
        *["", "0.3", GOOD + "-0.1", GOOD[:-2], GOOD[:-1] + "7", GOOD[:-3] + "5.5", GOOD.replace("-", "_", 1)],
        *["0.3-0.3" + GOOD[7:], "0.3-2.3" + GOOD[7:], GOOD[:16] + "1.2-1.3" + GOOD[23:]],
    ],
)
def test_text_that_is_no_architecture(darts, text):
    whole = text if darts.tie_cells else f"{GOOD}_{text}"
    with pytest.raises(HarnessError, match="is no architecture of darts"):
        darts.from_strings([whole])
    with pytest.raises(HarnessError, match="is no architecture of darts"):
        darts.from_strings([f"{GOOD}_{GOOD}" if darts.tie_cells else GOOD])


def test_genotypes_in_either_order(darts):
    cells = some(darts)
    pairs = darts.to_genotype(cells)
    assert pairs.shape == (200, 2, 8, 2) and (pairs[:, :, 0::2, 0] < pairs[:, :, 1::2, 0]).all()
    assert same(darts.from_genotype(pairs), cells)
    turned = pairs.reshape(200, 2, 4, 2, 2)[:, :, :, ::-1].reshape(pairs.shape)
    assert same(darts.from_genotype(turned), cells)


@pytest.mark.parametrize("edge", [(0, (1, 3)), (0, (0, 7)), (2, (3, 3)), (7, (-1, 3)), (7, (0, -1))])
def test_genotypes_that_are_none(darts, edge):
    cell = [list(pair) for pair in NORMAL]
    cell[edge[0]] = list(edge[1])
    with pytest.raises(HarnessError, match="2 of 2 cells are no DARTS cells"):
        darts.from_genotype(np.array([[cell, cell]]))


def test_tied_cells_are_alike():
    with pytest.raises(HarnessError, match="normal and reduction cell differ"):
        SPACES["tied"].from_genotype(np.array([[NORMAL, REDUCE]]))


def test_real_genotypes_are_in_the_space(shared_data):
    import pandas as pd

    texts = pd.read_parquet(shared_data / "nb301" / "reference_archs.parquet")["arch"]
    pairs = np.array([json.loads(text) for text in texts])
    space = SPACES["untied"]
    cells = space.from_genotype(pairs)
    assert len(cells) == 12_439 and space.contains(cells).all()
    order = np.argsort(pairs[:, :, :, 0].reshape(-1, 2, 4, 2), axis=3)[..., None]
    expected = np.take_along_axis(pairs.reshape(-1, 2, 4, 2, 2), order, axis=3).reshape(pairs.shape)
    assert (space.to_genotype(cells) == expected).all()
