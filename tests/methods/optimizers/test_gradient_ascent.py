"""`until_new`, NAO's way; the climb is tested with the other optimizers."""

import dataclasses

import numpy as np
import pytest
import torch

import tabular
from methods.base import Decoder, Predictor, Representation
from methods.optimizers.gradient_ascent import GradientAscent, gradient
from tests.methods.spaces import labelled

SPACE = tabular.load("nb201").space


class Line(Representation, Decoder, Predictor):
    """The first two digits of a cell as a point; the objective rises with the first, ever more steeply.

    Points off the plane of digits decode to a cell outside the space.
    """

    def setup(self):
        self.decoded = []

    def fit(self, space, observed):
        pass

    def encode(self, cells):
        return torch.from_numpy(cells.ops[:, 1:3].astype(np.float32) - 1)

    def decode(self, z):
        self.decoded.append(z)
        digits = z.round().long()
        texts = ["".join(str(min(max(d, 0), 4)) for d in row) + "0000" for row in digits.tolist()]
        cells = SPACE.from_strings(texts)
        ops = cells.ops.copy()
        ops[((digits < 0) | (digits > 4)).any(1).numpy(), 1] = 0
        return dataclasses.replace(cells, ops=ops)

    def prior(self, n):
        return torch.full((n, 2), 3.0)

    def predict(self, z):
        return 0.15 * (z[:, 0] + 1) ** 2  # slope 0.3, 0.6, 0.9, .. at digits 0, 1, 2, ..

    def objective(self, z):
        return self.predict(z)


def observe(texts, accuracy=None):
    cells = SPACE.from_strings(texts)
    accuracy = np.linspace(0.9, 0.5, len(texts)) if accuracy is None else np.array(accuracy)
    return labelled(SPACE, cells, accuracy)


def propose(observed, n=1, **hyper):
    settings = {"mode": "until_new", "starts_prior": 0, "steps": 30, **hyper}
    line = Line(Line.Hyper(), np.random.default_rng(0))
    plugin = GradientAscent(GradientAscent.Hyper(**settings), np.random.default_rng(0))
    return plugin.propose(SPACE, line, observed, n), line


def texts_of(cells):
    valid = SPACE.contains(cells)
    return [SPACE.to_strings(cells[[row]])[0] if valid[row] else None for row in range(len(cells))]


def test_one_gradient_step_grows_until_the_decoding_is_new():
    cells, line = propose(observe(["000000"]))
    points = [z[0, 0].item() for z in line.decoded]
    assert points == pytest.approx([0.3, 0.6])  # multiples of the slope at the start, 0 and 1 when rounded
    assert texts_of(cells) == ["100000", "000000"]  # the new one first, the repeat after it


def test_step_size_scales_and_steps_bound_the_lengths():
    _, line = propose(observe(["000000"]), step_size=2.0)
    assert [z[0, 0].item() for z in line.decoded] == pytest.approx([0.6])
    cells, line = propose(observe(["000000"]), steps=1)
    assert len(line.decoded) == 1 and texts_of(cells) == ["000000"]  # nothing new: all is repeated


def test_lengths_grow_until_enough_are_new_and_invalid_ones_come_last():
    cells, line = propose(observe(["000000"]), n=4)
    assert len(line.decoded) == 12  # 0.3 * 12 = 3.6 is the first point of digit 4
    assert texts_of(cells)[:4] == ["400000", "300000", "200000", "100000"]
    cells, line = propose(observe(["000000"]), n=5)  # there are but four: all lengths are tried
    assert len(line.decoded) == 30
    assert texts_of(cells)[:4] == ["400000", "300000", "200000", "100000"]
    assert texts_of(cells).count(None) == 30 - 15  # beyond 4.5 is off the plane


def test_surplus_multiplies_what_is_wanted():
    _, line = propose(observe(["000000"]), n=1, surplus=3.0)
    assert len(line.decoded) == 9  # 2.7 is the first point of the third new digit


def test_found_order_is_shorter_steps_then_better_starts():
    observed = observe(["000000", "010000", "120000"], accuracy=[0.1, 0.3, 0.2])
    by_start, _ = propose(observed, n=4, order="found")
    assert texts_of(by_start)[:4] == ["220000", "110000", "100000", "320000"]
    predicted, _ = propose(observed, n=4)
    assert texts_of(predicted)[:4] == ["320000", "220000", "110000", "100000"]
    only_best, _ = propose(observed, n=1, order="found", starts_best=1)
    assert texts_of(only_best)[0] == "110000"


def test_prior_starts_are_used_too():
    cells, _ = propose(observe(["000000"]), n=2, starts_prior=2, order="found")
    assert texts_of(cells)[:2] == ["430000", "100000"]  # slope 1.2 at digit 3, and the step of length 2


def test_isomorphic_copies_are_not_new_when_classes_are_asked_for():
    # with zeros everywhere else both of these are the dead cell: "1" leads nowhere
    assert len(set(SPACE.canonical(SPACE.from_strings(["000000", "100000", "200000"])).tolist())) == 1
    cells, _ = propose(observe(["000000"]), n=1, distinct="cells")
    assert texts_of(cells)[0] == "100000"
    cells, line = propose(observe(["000000"]), n=1, distinct="classes")
    assert len(line.decoded) == 30  # nothing of another class is ever found


def test_gradient_is_the_slope_of_each_point():
    line = Line(Line.Hyper(), np.random.default_rng(0))
    z = torch.tensor([[0.0, 5.0], [1.0, 2.0]])
    torch.testing.assert_close(gradient(line, z), torch.tensor([[0.3, 0.0], [0.6, 0.0]]))
