import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal

from methods.surrogates.dngo import (
    DNGO,
    PRIOR_MEAN,
    BayesianRegression,
    Evidence,
    LinearSurrogate,
    Schedule,
    Spectrum,
    basis_network,
    log_evidence,
)

pytestmark = pytest.mark.trains

PYBNN = Evidence(squared_residual=False, exact_determinant=False, drawn_start=True)
SCHEDULE = Schedule(units=128, epochs=100, batch=10, rate=0.01)


def data(n=60, d=4, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.random((n + 200, d))
    y = np.sin(4 * x[:, 0]) + x[:, 1] ** 2
    y = (y - y[:n].mean()) / y[:n].std()
    return torch.from_numpy(x[:n]), torch.from_numpy(y[:n]), torch.from_numpy(x[n:]), y[n:]


def test_basis_network_takes_the_steps_that_autograd_and_torchs_adam_take():
    x, y, _, _ = data(n=27)
    inputs = np.concatenate([x.numpy(), np.ones((27, 1))], axis=1).astype(np.float32)
    schedule = Schedule(units=6, epochs=5, batch=10, rate=0.01)
    weight = basis_network(inputs, y.numpy(), schedule, np.random.default_rng(3))

    rng = np.random.default_rng(3)  # the same draws in the same order
    first = torch.from_numpy((rng.uniform(-1, 1, (5, 6)) / 2).astype(np.float32)).requires_grad_()
    last = torch.from_numpy((rng.uniform(-1, 1, 7) / 6**0.5).astype(np.float32)).requires_grad_()
    adam = torch.optim.Adam([first, last], 0.01)
    for _ in range(5):
        order = rng.permutation(27)
        for rows in (order[:10], order[10:20]):  # the incomplete batch of 7 is dropped
            hidden = torch.tanh(torch.from_numpy(inputs[rows]) @ first)
            loss = ((hidden @ last[:-1] + last[-1] - y[rows].float()) ** 2).mean()
            adam.zero_grad()
            loss.backward()
            adam.step()
    np.testing.assert_allclose(weight, first.detach().numpy(), atol=1e-6)


def test_fewer_labels_than_a_batch_make_one_batch():
    inputs = np.ones((4, 3), dtype=np.float32)
    start = basis_network(inputs, np.arange(4.0), Schedule(5, 0, 10, 0.01), np.random.default_rng(0))
    trained = basis_network(inputs, np.arange(4.0), Schedule(5, 3, 10, 0.01), np.random.default_rng(0))
    assert not np.allclose(start, trained)


def features(n, width, seed=0):
    rng = np.random.default_rng(seed)
    return np.tanh(rng.normal(size=(n, width))), rng.normal(size=n)


@pytest.mark.parametrize(("n", "width"), [(30, 8), (8, 30)])
def test_the_evidence_is_the_density_of_the_labels(n, width):
    basis, y = features(n, width)
    log_alpha, log_noise = 0.7, -1.3
    covariance = basis @ basis.T / np.exp(log_alpha) + np.exp(log_noise) * np.eye(n)
    value = log_evidence(Spectrum.of(basis, y), log_alpha, log_noise, Evidence())
    assert value == pytest.approx(multivariate_normal(np.zeros(n), covariance).logpdf(y), rel=1e-9)


def test_the_evidence_of_pybnn_has_the_two_defects():
    basis, y = features(30, 8)
    log_alpha, log_noise = 0.7, -1.3
    alpha, beta = np.exp(log_alpha), np.exp(-log_noise)
    precision = alpha * np.eye(8) + beta * basis.T @ basis
    mean = beta * np.linalg.solve(precision, basis.T @ y)
    expected = 4 * log_alpha - 15 * log_noise - 15 * np.log(2 * np.pi)
    expected -= beta / 2 * np.linalg.norm(y - basis @ mean) + alpha / 2 * mean @ mean
    expected -= 0.5 * np.log(np.linalg.det(precision) + 1e-10)
    spectrum = Spectrum.of(basis, y)
    assert log_evidence(spectrum, log_alpha, log_noise, PYBNN) == pytest.approx(expected, rel=1e-6)
    with np.errstate(over="ignore"):
        wide = Spectrum.of(*features(30, 128))
        assert log_evidence(wide, 2.0, 0.0, PYBNN) == -np.inf  # e^88 is the end of float32
    assert np.isfinite(log_evidence(wide, 2.0, 0.0, Evidence()))
    low = log_evidence(Spectrum.of(*features(5, 128)), -5.0, 5.0, PYBNN)
    bare = log_evidence(Spectrum.of(*features(5, 128)), -5.0, 5.0, Evidence())
    assert low < bare - 100  # the determinant underflowed to 1e-10, so that alpha^128 is not made up for


def test_evidence_is_impossible_beyond_the_bounds():
    spectrum = Spectrum.of(*features(5, 3))
    assert log_evidence(spectrum, 10.1, 0.0, Evidence()) == -np.inf
    assert log_evidence(spectrum, 0.0, -10.1, Evidence()) == -np.inf


@pytest.mark.parametrize(("n", "width"), [(30, 8), (8, 30)])
def test_posterior_is_that_of_a_process_with_a_linear_kernel(n, width):
    basis, y = features(n, width)
    at = features(20, width, seed=1)[0]
    regression = BayesianRegression(Evidence(), np.random.default_rng(0))
    regression.alpha, regression.noise = 0.5, 0.2
    mean, sd = regression.posterior(basis, y, at)
    gram = basis @ basis.T / 0.5 + 0.2 * np.eye(n)
    cross = at @ basis.T / 0.5
    expected_mean = cross @ np.linalg.solve(gram, y)
    prior = (at**2).sum(1) / 0.5 + 0.2  # noise included
    expected_sd = np.sqrt(prior - (cross * np.linalg.solve(gram, cross.T).T).sum(1))
    np.testing.assert_allclose(mean.numpy(), expected_mean, rtol=1e-8)
    np.testing.assert_allclose(sd.numpy(), expected_sd, rtol=1e-8)


def test_regression_learns_the_noise_and_the_prior_of_the_weights():
    alphas = []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        basis = rng.normal(size=(2000, 40))
        y = basis @ rng.normal(size=40) * 2 + 0.3 * rng.normal(size=2000)
        regression = BayesianRegression(Evidence(), rng)
        regression.learn(basis, y)
        assert regression.noise == pytest.approx(0.09, rel=0.25)
        alphas.append(regression.alpha)
    # The simplex of one search in four never leaves alpha = 1, where it starts.
    assert np.abs(np.log(np.array(alphas) / 0.25)).min() < np.log(1.6)


def test_a_drawn_start_is_a_random_one():
    basis, y = features(30, 128)

    def learnt(drawn, seed):
        regression = BayesianRegression(Evidence(drawn_start=drawn), np.random.default_rng(seed))
        regression.learn(basis, y)
        return regression.alpha, regression.noise

    assert learnt(False, 0) == learnt(False, 1)
    assert learnt(True, 0) == learnt(True, 0) != learnt(True, 1)
    assert PRIOR_MEAN.tolist() == [0.0, -3.0]


@pytest.mark.parametrize("evidence", [Evidence(), PYBNN])
def test_dngo_learns_a_function_and_knows_where_it_knows_nothing(evidence):
    x, y, at, truth = data(n=100)
    model = DNGO(SCHEDULE, evidence, np.random.default_rng(0))
    model.learn(x, y, at)
    mean, sd = model.posterior(x, y, at)
    assert np.corrcoef(mean, truth)[0, 1] > 0.95
    far = torch.cat([at, 5 * torch.ones(1, 4)])
    assert model.posterior(x, y, far)[1][-1] > sd.median()


def test_dngo_does_not_mind_columns_that_are_constant_among_the_labels():
    x, y, at, _ = data()
    x[:, 3] = 0.5
    model = DNGO(SCHEDULE, Evidence(), np.random.default_rng(0))
    model.learn(x, y, at)
    assert all(part.isfinite().all() for part in model.posterior(x, y, at))


def test_linear_surrogate_reads_the_points_as_they_are():
    rng = np.random.default_rng(0)
    x, at = (torch.from_numpy(rng.normal(size=(n, 3)).astype(np.float32)) for n in (50, 20))
    weight = torch.tensor([1.0, -2.0, 0.5])
    model = LinearSurrogate(Evidence(), rng)
    y = (x @ weight).double()
    model.learn(x, y, at)
    mean, sd = model.posterior(x, y, at)
    torch.testing.assert_close(mean, (at @ weight).double(), atol=0.05, rtol=0.05)
    assert sd.max() < 0.2
