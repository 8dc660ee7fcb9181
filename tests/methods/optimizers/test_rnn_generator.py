import numpy as np
import pytest
import torch

import tabular
from methods.networks.generators.fitting import Training
from methods.networks.generators.rnn_generator import RNNGenerator, Sizes, TokenLSTM
from methods.networks.sequences.tokens import PADDING, Tokens
from methods.optimizers.rnn_generator import RNNSearch
from tests.methods import variants
from tests.methods.spaces import SPACES, NB101Shaped, observe

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201").space
ALL = (NB201, *SPACES)
SMALL = Sizes(width=16, layers=2, tanh_constant=2.5, temperature=5.0)


def generator(space, sizes=SMALL, seed=0, epochs=30, batch_size=4, rate=1e-2):
    training = Training(epochs, batch_size, rate)
    return RNNGenerator(space, sizes, training, np.random.default_rng(seed))


def make(seed=0, **hyper):
    quick = {"epochs": 5, "batch_size": 15, "learning_rate": 0.01, "width": 16}
    return RNNSearch(variants.of(RNNSearch.Hyper, **{**quick, **hyper}), np.random.default_rng(seed))


def test_parameters_by_hand():
    network = TokenLSTM(Tokens(NB201), Sizes(128, 2, 2.5, 5.0))
    cell = 4 * 128 * (128 + 128)
    assert sum(p.numel() for p in network.parameters()) == 9 * 128 + 2 * cell + 128 * 9


def slow_loss(made, cells):
    """Nats per token of one architecture, token by token through single LSTM cells."""
    net, scheme = made.network, made.tokens
    h = [torch.zeros(16) for _ in range(2)]
    c = [torch.zeros(16) for _ in range(2)]
    total, count, previous = 0.0, 0, PADDING
    for position, token in enumerate(scheme.encode(cells)[0].tolist()):
        x = net.embedding.weight[previous]
        for layer in range(2):
            w_in, w_rec = getattr(net.lstm, f"weight_ih_l{layer}"), getattr(net.lstm, f"weight_hh_l{layer}")
            i, f, g, o = (w_in @ x + w_rec @ h[layer]).chunk(4)
            c[layer] = torch.sigmoid(f) * c[layer] + torch.sigmoid(i) * torch.tanh(g)
            x = h[layer] = torch.sigmoid(o) * torch.tanh(c[layer])
        if token != PADDING:
            logits = 2.5 * torch.tanh(net.out.weight @ x / 5.0)
            odds = logits.exp() * torch.from_numpy(scheme.allowed[position])
            total -= float(torch.log(odds[token] / odds.sum()))
            count += 1
        previous = token
    return total / count


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_batch_equals_a_loop_over_tokens(space):
    cells = space.sample(6, np.random.default_rng(0))
    made = generator(space, epochs=5)
    made.fit(cells, np.ones(6))
    with torch.no_grad():
        slow = [slow_loss(made, cells[[row]]) for row in range(6)]
    np.testing.assert_allclose(made.losses(cells).numpy(), slow, rtol=1e-4)


def test_samples_come_as_often_as_their_likelihood_says():
    cells = NB101Shaped().sample(5, np.random.default_rng(1))
    made = generator(NB101Shaped(), epochs=60)
    made.fit(cells, np.ones(5))
    tokens = (made.tokens.encode(cells) != PADDING).sum(1)
    expected = 4000 * np.exp(-made.losses(cells).numpy() * tokens)
    drawn = made.tokens.encode(made.sample(4000))
    counted = np.array([(drawn == sequence).all(1).sum() for sequence in made.tokens.encode(cells)])
    assert expected.sum() > 200  # else this would compare nothing
    assert (np.abs(counted - expected) < 5 * np.sqrt(expected) + 1).all()


def test_the_tanh_constant_bounds_how_sure_it_gets():
    """However long it trains, an edge token has at most probability e^5 / (e^5 + 1)."""
    cells = NB201.sample(1, np.random.default_rng(0))
    made = generator(NB201, epochs=200, rate=3e-2)
    made.fit(cells, np.ones(1))
    connections, operations = 28, 7
    sure = connections * np.log1p(np.exp(-5)) + operations * np.log1p(5 * np.exp(-5))
    reached = 35 * float(made.losses(cells)[0])
    assert sure <= reached < 2 * sure


def test_it_learns_an_elite():
    """About 300 of 500 draws are valid, and 85 % of these are of the elite."""
    valid, among = [], []
    for seed in range(3):
        cells = NB201.sample(4, np.random.default_rng(seed))
        made = generator(NB201, sizes=Sizes(64, 2, 2.5, 5.0), seed=seed, epochs=160)
        made.fit(cells, np.ones(4))
        drawn = made.sample(500)
        drawn = drawn[NB201.contains(drawn)]
        valid.append(len(drawn))
        among.append(np.isin(NB201.keys(drawn), NB201.keys(cells)).mean())
    assert np.median(valid) > 100 and np.median(among) > 0.5


@pytest.mark.parametrize(("variant", "expected"), [("adapted", [0.25, 0.5, 0.75, 1]), ("published", [1] * 4)])
def test_only_the_published_variant_ignores_rewards(variant, expected, monkeypatch):
    given = []
    original = RNNGenerator.fit
    monkeypatch.setattr(
        RNNGenerator, "fit", lambda self, cells, w: given.append(w.tolist()) or original(self, cells, w)
    )
    observed = observe(NB201, 30, np.random.default_rng(0))
    make(variant=variant, elite=4).propose(NB201, None, observed, 1)
    assert given == [expected]


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_end_to_end(space):
    observed = observe(space, 40, np.random.default_rng(5))
    cells = make(epochs=150, width=32).propose(space, None, observed, 2)
    assert space.contains(cells[:1]).all() and not np.isin(space.keys(cells[:1]), observed.keys).any()


def test_same_seed_same_proposals():
    observed = observe(NB201, 20, np.random.default_rng(5))

    def drawn(seed):
        cells = make(seed).propose(NB201, None, observed, 3)
        return cells.ops.tolist()

    assert drawn(1) == drawn(1) != drawn(2)
