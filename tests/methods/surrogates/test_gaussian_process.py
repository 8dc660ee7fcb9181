import pytest
import torch
from botorch.acquisition import LogExpectedImprovement
from botorch.models import SingleTaskGP

from methods.surrogates.gaussian_process import GaussianProcess
from methods.surrogates.surrogate import log_expected_improvement

pytestmark = pytest.mark.trains


def data(n=30, d=4):
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(n, d, dtype=torch.float64, generator=generator)
    y = (
        torch.sin(4 * x[:, 0])
        + x[:, 1] ** 2
        + 0.05 * torch.randn(n, dtype=torch.float64, generator=generator)
    )
    return x, (y - y.mean()) / y.std(), torch.rand(50, d, dtype=torch.float64, generator=generator)


def fitted():
    x, y, at = data()
    process = GaussianProcess(refit_iterations=10)
    process.fit(x, y)
    model = SingleTaskGP(x, y.unsqueeze(1), outcome_transform=None)
    model.load_state_dict(process._learnt)
    return process, model.eval(), x, y, at


def by_blocks(process, x, y, at):
    given = process.given(x, y)
    return given.mean_and_bound(at.split(7))[0], given.deviation(at.split(11))


@pytest.mark.parametrize("posterior", [GaussianProcess.posterior, by_blocks])
def test_posterior_equals_botorchs(posterior):
    process, model, x, y, at = fitted()
    mean, sd = posterior(process, x, y, at)
    with torch.no_grad():
        expected = model.posterior(at)
    torch.testing.assert_close(mean, expected.mean.squeeze(1), atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(sd, expected.variance.squeeze(1).sqrt(), atol=1e-5, rtol=1e-4)


def test_fit_learns_the_function():
    process, _, x, y, at = fitted()
    mean, _ = process.posterior(x, y, at)
    truth = torch.sin(4 * at[:, 0]) + at[:, 1] ** 2
    assert torch.corrcoef(torch.stack([mean, truth]))[0, 1] > 0.95


def test_log_expected_improvement_equals_botorchs():
    process, model, x, y, at = fitted()
    mean, sd = process.posterior(x, y, at)
    with torch.no_grad():
        reference = LogExpectedImprovement(model, best_f=y.max())(at.unsqueeze(1))
    torch.testing.assert_close(
        log_expected_improvement(mean, sd, float(y.max())), reference, atol=1e-3, rtol=1e-3
    )


def test_log_expected_improvement_is_finite_and_rising_far_below_the_incumbent():
    mean = -torch.logspace(6, -3, 200, dtype=torch.float64)
    value = log_expected_improvement(mean, torch.ones_like(mean), best=0.0)
    assert torch.isfinite(value).all()
    assert (value.diff() > 0).all()


def test_log_expected_improvement_at_the_incumbent_is_the_textbook_value():
    value = log_expected_improvement(torch.zeros(1), torch.full((1,), 2.0), best=0.0)
    assert value.exp().item() == pytest.approx(2 / (2 * torch.pi) ** 0.5, rel=1e-5)
