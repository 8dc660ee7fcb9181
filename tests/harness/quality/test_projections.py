import numpy as np
import pytest

from harness.quality.projections import Plane, by_tsne


@pytest.fixture
def flat():
    """Points of a plane in five dimensions, and their coordinates there."""
    rng = np.random.default_rng(0)
    places = rng.normal(size=(200, 2)) * [3.0, 1.0]
    axes = np.linalg.qr(rng.normal(size=(5, 2)))[0].T
    return places @ axes + 7, places


def test_the_plane_of_flat_points(flat):
    points, places = flat
    plane = Plane.of(points, np.random.default_rng(0))
    np.testing.assert_allclose(plane.axes @ plane.axes.T, np.eye(2), atol=1e-9)
    np.testing.assert_allclose(plane.centre, points.mean(axis=0))
    found = plane.places(points)
    np.testing.assert_allclose(found.std(axis=0, ddof=1), plane.deviations)
    np.testing.assert_allclose(plane.points(found / plane.deviations), points, atol=1e-9)
    covariance = np.cov(places.T)
    np.testing.assert_allclose(plane.deviations**2, np.linalg.eigvalsh(covariance)[::-1])


def test_points_of_one_dimension(flat):
    line = flat[0][:, :1]
    plane = Plane.of(line, np.random.default_rng(0))
    found = plane.places(line)
    assert (found[:, 1] == 0).all() and plane.deviations[1] == 0
    np.testing.assert_allclose(np.abs(found[:, 0]), np.abs(line[:, 0] - line.mean()))
    assert by_tsne(line, np.random.default_rng(0)).shape == (200, 2)


def test_tsne_keeps_far_groups_apart():
    rng = np.random.default_rng(0)
    points = np.concatenate([rng.normal(size=(40, 6)), rng.normal(size=(40, 6)) + 30])
    found = by_tsne(points, np.random.default_rng(1))
    middles = found[:40].mean(axis=0), found[40:].mean(axis=0)
    nearer = np.linalg.norm(found[:, None] - np.array(middles), axis=2).argmin(axis=1)
    assert nearer.tolist() == [0] * 40 + [1] * 40
    assert (found == by_tsne(points, np.random.default_rng(1))).all()


def test_tsne_of_few_points():
    assert by_tsne(np.eye(4), np.random.default_rng(0)).shape == (4, 2)


def test_tsne_of_equal_points():
    assert np.isnan(by_tsne(np.ones((20, 3)), np.random.default_rng(0))).all()
    twice = np.repeat(np.random.default_rng(0).normal(size=(20, 3)), 2, axis=0)
    assert np.isfinite(by_tsne(twice, np.random.default_rng(0))).all()
    nearly = np.repeat(np.eye(2), 20, axis=0)
    assert np.isfinite(by_tsne(nearly, np.random.default_rng(0))).all()
