import dataclasses

import numpy as np
import pytest
import torch

import tabular
from methods.base import Decoder, Representation
from methods.networks.layers import seeded
from methods.optimizers.gp_bo_latent import GPBOLatent
from methods.surrogates import latent_search, surrogate
from methods.surrogates.latent_frame import Frame
from methods.surrogates.latent_search import Asked, best_in_box, climb, fill
from methods.surrogates.sparse_gp import SparsePlan, fit_sparse_gp
from methods.surrogates.surrogate import log_expected_improvement
from tabular.errors import HarnessError
from tests.methods import variants
from tests.methods.spaces import labelled

pytestmark = pytest.mark.trains

SMALL = {"codes": 100, "starts": 60}
SCRIPT = {"variant": "published", "codes": 0, "starts": 10_000}


@pytest.fixture(scope="module")
def space():
    return tabular.load("nb201").space


class Plane(Representation, Decoder):
    """Operations of the first two edges as a plane in three dimensions; what lies outside is invalid."""

    def fit(self, space, observed):
        self.space = space

    def encode(self, cells):
        plane = torch.from_numpy(cells.ops[:, 1:3].astype(np.float32))
        return torch.nn.functional.pad(plane, (0, 1))

    def decode(self, z):
        digits = z[:, :2].round().long()
        rows = ["".join(str(min(max(d, 1), 5) - 1) for d in row) + "0000" for row in digits.tolist()]
        cells = self.space.from_strings(rows)
        ops = cells.ops.copy()
        ops[(digits < 1).any(1).numpy() | (digits > 5).any(1).numpy(), 1] = 0
        return dataclasses.replace(cells, ops=ops)

    def prior(self, n):
        raise NotImplementedError


def observe(space, texts, accuracy=None):
    """Labels of architectures whose accuracy, if not given, falls with the distance from operations 4, 3."""
    cells = space.from_strings(texts)
    far = ((cells.ops[:, 1:3] - np.array([4, 3])) ** 2).sum(1)
    accuracy = 0.7 - 0.02 * far if accuracy is None else np.array(accuracy)
    return labelled(space, cells, accuracy)


def plane(space):
    representation = Plane(Plane.Hyper(), np.random.default_rng(0))
    representation.fit(space, None)
    return representation


def make(seed=0, **hyper):
    return GPBOLatent(variants.of(GPBOLatent.Hyper, **{**SMALL, **hyper}), np.random.default_rng(seed))


CORNERS = ["000000", "040000", "400000", "440000", "110000", "130000"]


def test_new_architectures_come_first_each_once_and_waste_is_listed_after_them(space):
    observed = observe(space, CORNERS)
    cells = make().propose(space, plane(space), observed, 4)
    chosen = cells[:4]
    assert space.contains(chosen).all()
    keys = space.keys(chosen)
    assert len(set(keys.tolist())) == 4 and not np.isin(keys, observed.keys).any()
    valid = np.flatnonzero(space.contains(cells))
    assert np.isin(space.keys(cells[valid]), observed.keys).any()  # repeats are counted, not hidden
    assert len(cells) > 4


def test_it_finds_the_best_of_the_plane_within_two_small_batches(space):
    texts, best = list(CORNERS), space.from_strings(["320000"])
    for _ in range(2):
        cells = make().propose(space, plane(space), observe(space, texts), 3)
        texts += space.to_strings(cells[:3])
    assert space.to_strings(best)[0] in texts


def test_published_asks_points_of_the_box_of_labels_and_keeps_invalid_ones_as_the_worst_label(space):
    observed = observe(space, CORNERS)
    plugin, representation = make(**SCRIPT), plane(space)
    cells = plugin.propose(space, representation, observed, 5)
    assert len(cells) == 5  # as asked: not filtered, not reordered
    asked = torch.stack(plugin._asked._points)
    codes = representation.encode(observed.cells).double()
    assert (asked >= codes.amin(0)).all() and (asked <= codes.amax(0)).all()
    with seeded(np.random.default_rng(0)):
        second = plugin.propose(space, representation, observed, 5)
    assert len(second) == 5 and len(plugin._asked._points) == 10


def test_what_is_fitted_and_improved_upon_is_as_the_variant_says(space, monkeypatch):
    plans, bests, starts = [], [], []
    fit, improvement, best = (
        latent_search.fitted,
        surrogate.log_expected_improvement,
        latent_search.best_in_box,
    )

    def noted_fit(x, accuracy, plan):
        plans.append(plan)
        return fit(x, accuracy, plan)

    def noted_improvement(mean, sd, best):
        bests.append(best)
        return improvement(mean, sd, best)

    def noted_best(value, points, *box_and_iterations):
        starts.append(points)
        return best(value, points, *box_and_iterations)

    monkeypatch.setattr(latent_search, "fitted", noted_fit)
    monkeypatch.setattr(surrogate, "log_expected_improvement", noted_improvement)
    monkeypatch.setattr(latent_search, "best_in_box", noted_best)
    observed = observe(space, CORNERS)
    y = surrogate.standardise(torch.from_numpy(observed.accuracy))
    make().propose(space, plane(space), observed, 3)
    assert plans == [SparsePlan(500, 1000, 20, 0.05, natural=True)]
    assert set(bests) == {float(y.max())} and not starts
    bests.clear()
    make(**SCRIPT).propose(space, plane(space), observed, 3)
    assert plans[1:] == [SparsePlan(500, 1000, 100, 5e-4, natural=False)]
    assert len(set(bests)) == 1 and bests[0] < float(y.max())  # the posterior mean hardly moves in the fit
    assert all(points.shape == (10_000, 3) for points in starts)
    share = (starts[0][:, 0] - starts[0][:, 0].min()) / (starts[0][:, 0].max() - starts[0][:, 0].min())
    assert abs(share.var() - 1 / 12) < 0.005  # uniform


def test_asked_points_carry_the_label_of_what_they_decoded_to(space):
    observed = observe(space, ["000000", "110000", "330000"], [0.4, 0.6, 0.5])
    encoded = torch.arange(9.0, dtype=torch.float64).view(3, 3)
    asked = Asked()
    x, accuracy = asked.training_set(encoded, observed)
    assert torch.equal(x, encoded) and accuracy.tolist() == [0.4, 0.6, 0.5]
    decoded = space.from_strings(["110000", "000000", "440000", "330000"])
    decoded.ops[3, 1] = 0  # invalid
    points = -torch.ones(4, 3, dtype=torch.float64) * torch.arange(1, 5)[:, None]
    asked.add(points, space, decoded)
    x, accuracy = asked.training_set(encoded, observed)
    # What was paid for before stays; the third point was never answered, the last decoded to nothing.
    assert torch.equal(x, torch.cat([encoded, points[[0, 1, 3]]]))
    assert accuracy.tolist() == [0.4, 0.6, 0.5, 0.6, 0.4, 0.4]
    more = observe(space, ["000000", "110000", "330000", "440000"], [0.4, 0.6, 0.5, 0.7])
    x, accuracy = asked.training_set(torch.cat([encoded, encoded[:1]]), more)
    # What a point was the first to decode to lies at the point, not at its encoding.
    assert torch.equal(x, torch.cat([encoded, points])) and accuracy[-2] == 0.7
    moved, _ = asked.training_set(encoded + 1, observed)
    assert torch.equal(moved, encoded + 1)


def test_climb_stays_in_each_points_own_box_and_finds_its_maximum():
    starts = torch.tensor([[0.0, 0.0], [3.0, -3.0]], dtype=torch.float64)
    peak = torch.tensor([0.3, 2.0], dtype=torch.float64)
    low, high = starts - 0.5, starts + 0.5
    found = climb(lambda at: -(at - peak).square().sum(1), starts, low, high, 50)
    torch.testing.assert_close(found, torch.tensor([[0.3, 0.5], [2.5, -2.5]], dtype=torch.float64))
    assert torch.equal(climb(lambda at: at.sum(1), starts, low, high, 0), starts)


def test_best_in_box_starts_from_the_best_start():
    starts = torch.tensor([[-1.0], [2.0]], dtype=torch.float64)
    box = torch.tensor([-5.0], dtype=torch.float64), torch.tensor([5.0], dtype=torch.float64)
    found = best_in_box(lambda at: -(at.square() - 4).square().sum(1) + at[:, 0], starts, *box, 100)
    assert found.item() == pytest.approx(2.0305, abs=1e-3)  # the higher of two maxima


def fitted(labels):
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(labels, 2, generator=generator, dtype=torch.float64) * 4
    y = (x.sin().sum(1) - 1) / 0.8
    with seeded(np.random.default_rng(0)):
        return fit_sparse_gp(x, y, SparsePlan(500, 1000, 20, 0.05, True)), float(y.max())


def test_a_batch_has_different_points_the_first_the_best_the_others_away_from_it():
    process, best = fitted(6)
    grid = torch.cartesian_prod(*2 * [torch.linspace(0, 4, 15, dtype=torch.float64)])
    score = log_expected_improvement(*process(grid), best)
    rows = fill(process, grid, best, 6)
    assert rows[0] == int(score.argmax()) and len(set(rows)) == 6
    top = torch.topk(score, 6).indices
    assert torch.pdist(grid[rows]).mean() > torch.pdist(grid[top]).mean()
    assert len(fill(process, grid[:3], best, 6)) == 3
    assert fill(process, grid[:0], best, 6) == []


def test_believing_lowers_the_improvement_at_a_point_and_not_far_away():
    process, _ = fitted(30)
    at = torch.tensor([[1.0, 1.0], [40.0, 40.0]], dtype=torch.float64)
    before = process(at)[1]
    after = process.believing(at[:1])(at)[1]
    assert after[0] < before[0] and torch.isclose(after[1], before[1])


def test_principal_frame_has_unit_variance_and_goes_there_and_back():
    generator = torch.Generator().manual_seed(0)
    mix = torch.randn(3, 7, generator=generator)
    codes = (
        torch.randn(200, 3, generator=generator) @ mix + 5 + 1e-5 * torch.randn(200, 7, generator=generator)
    )
    frame = Frame.principal(codes)
    x = frame.into(codes)
    assert x.shape == (200, 3)  # the rest is noise below the threshold
    torch.testing.assert_close(torch.cov(x.T), torch.eye(3, dtype=x.dtype), atol=1e-6, rtol=0)
    torch.testing.assert_close(frame.back(x).float(), codes, atol=1e-3, rtol=0)
    with pytest.raises(HarnessError, match="same latent point"):
        Frame.principal(torch.ones(5, 4))


def test_the_latent_frame_changes_nothing():
    z = torch.randn(9, 4, generator=torch.Generator().manual_seed(0))
    frame = Frame.latent(4)
    assert torch.equal(frame.into(z), z.double()) and torch.equal(frame.back(frame.into(z)).float(), z)


@pytest.mark.parametrize(
    "knob",
    [
        {"natural": False},
        {"coordinates": "latent"},
        {"codes": 0},
        {"target": "posterior"},
        {"search": "one_by_one"},
        {"search": "one_by_one", "labels_at": "points"},
    ],
    ids=str,
)
def test_every_difference_between_the_variants_can_be_had_alone(space, knob):
    """The proposal is another one, and one of its first three is near the best of the plane."""
    observed = observe(space, CORNERS)
    usual, changed = (make(**hyper).propose(space, plane(space), observed, 3) for hyper in ({}, knob))
    assert changed.ops.tolist() != usual.ops.tolist()
    valid = changed[np.flatnonzero(space.contains(changed[:3]))]
    far = np.abs(valid.ops[:, 1:3] - np.array([4, 3])).sum(1)
    assert len(valid) and far.min() <= 2


def test_equal_labels_a_single_label_and_a_spent_plane_do_no_harm(space):
    everything = [f"{a}{b}0000" for a in range(5) for b in range(5)]
    for observed in (
        observe(space, CORNERS, [0.5] * 6),
        observe(space, CORNERS[:1]),
        observe(space, everything),
    ):
        for hyper, proposed in (({}, 2 * 60), ({"variant": "published"}, 3), ({"search": "one_by_one"}, 3)):
            cells = make(**hyper).propose(space, plane(space), observed, 3)
            assert len(cells) == proposed


def test_same_seed_same_proposal(space):
    observed = observe(space, CORNERS)
    for hyper in ({}, {"variant": "published"}):
        one, same = (make(1, **hyper).propose(space, plane(space), observed, 3) for _ in range(2))
        assert np.array_equal(one.ops, same.ops)
