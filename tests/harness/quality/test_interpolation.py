import dataclasses

import numpy as np
import pytest

from harness.quality.interpolation import interpolated
from tests.harness.quality.scripted import Digits


class Stubborn(Digits):
    """Decodes all points to one cell."""

    def reconstructed(self, points, stochastic):
        return super().reconstructed(points * 0, stochastic)


def test_a_line_of_two_points_is_its_ends(subject_of, made, space, small):
    subject = subject_of(made(Digits, space))
    sizes = dataclasses.replace(small, steps=2)
    numbers, lines = interpolated(subject, sizes, np.random.default_rng(0))
    assert (numbers["path_valid"], numbers["path_different"]) == (1, 2)
    assert lines["path"] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5] and lines["step"] == [0, 1] * 6
    cells = space.from_strings(lines["architecture"])
    assert not subject.training.contains(cells).any()
    assert len(set(lines["architecture"])) == 12


def test_a_line_between_cells_at_their_digits(subject_of, made, space, small):
    """Whole digits change one after the other, and every point is an architecture."""
    sizes = dataclasses.replace(small, steps=200, walks=20)
    numbers, _ = interpolated(subject_of(made(Digits, space)), sizes, np.random.default_rng(0))
    assert numbers["path_valid"] == 1
    assert numbers["path_small_steps"] > 0.97
    assert numbers["path_different"] > 3


def test_a_decoder_that_knows_one_cell(subject_of, made, space, small):
    numbers, lines = interpolated(subject_of(made(Stubborn, space)), small, np.random.default_rng(0))
    assert numbers == {"path_valid": 1, "path_different": 1, "path_small_steps": 1}
    assert set(lines["architecture"]) == {"000000"}


def test_invalid_decodings_have_no_text(subject_of, made, space, small):
    class Broken(Digits):
        def reconstructed(self, points, stochastic):
            return super().reconstructed(points * 0 + 5, stochastic)

    numbers, lines = interpolated(subject_of(made(Broken, space)), small, np.random.default_rng(0))
    assert numbers["path_valid"] == 0 and set(lines["architecture"]) == {""}


def test_one_cell_has_no_line(subject_of, made, space, small):
    subject = subject_of(made(Digits, space))
    alone = dataclasses.replace(subject, test=subject.test[:1])
    numbers, lines = interpolated(alone, small, np.random.default_rng(0))
    assert lines == {} and list(numbers.values()) == pytest.approx([np.nan] * 3, nan_ok=True)
