import numpy as np
import pytest
import torch
import torch.nn.functional as F

import tabular
from methods.networks.flat_adam import FlatAdam
from methods.networks.layers import seeded
from methods.networks.sequences.lstm import (
    SequenceDecoder,
    SequenceEncoder,
    generate,
    greedy,
    negative_log_likelihood,
    pooled,
    sampled,
    shifted,
)
from methods.networks.sequences.tokens import PADDING, Tokens
from tests.methods.spaces import SPACES, NB101Shaped

pytestmark = pytest.mark.trains

NB201 = tabular.load("nb201").space
ALL = (NB201, *SPACES)
WIDTH = 6


def sequences(space, n, seed=0):
    return torch.from_numpy(Tokens(space).encode(space.sample(n, np.random.default_rng(seed))))


def fixed():
    return seeded(np.random.default_rng(0))


def networks(vocabulary, width=WIDTH, dropout=0.0):
    with fixed():
        return SequenceEncoder(vocabulary, width, dropout), SequenceDecoder(vocabulary, width, dropout)


def one_step(lstm, x, h, c, suffix=""):
    """One LSTM step by the textbook (gates in the order input, forget, cell, output)."""
    weights = [
        getattr(lstm, f"{name}_l0{suffix}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    i, f, g, o = (weights[0] @ x + weights[2] + weights[1] @ h + weights[3]).chunk(4)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def slow_encoding(encoder, sequence):
    """Unit vectors of all steps of one sequence, in a loop over steps."""
    embedded = [encoder.embedding.weight[token] for token in sequence]
    states = []
    for suffix, order in (("", embedded), ("_reverse", embedded[::-1])):
        h = c = torch.zeros(WIDTH)
        outputs = []
        for x in order:
            h, c = one_step(encoder.lstm, x, h, c, suffix)
            outputs.append(h)
        states.append(outputs if suffix == "" else outputs[::-1])
    steps = []
    for x, forward, backward in zip(embedded, *states, strict=True):
        raw = x + encoder.project.weight @ torch.cat([forward, backward]) + encoder.project.bias
        steps.append(raw / raw.norm())
    return steps


def slow_loss(decoder, steps, sequence):
    """Nats per token that is no padding, of one sequence, in a loop over steps."""
    mean = sum(steps) / len(steps)
    h = c = mean / mean.norm()
    previous, total, count = PADDING, 0.0, 0
    for token in sequence:
        embedded = decoder.embedding.weight[previous]
        h, c = one_step(decoder.lstm, embedded, h, c)
        seen = (embedded + h) / 2**0.5
        query = decoder.query.weight @ seen
        weights = torch.softmax(torch.stack([query @ step for step in steps]), dim=0)
        context = sum(weight * step for weight, step in zip(weights, steps, strict=True))
        read = torch.tanh(decoder.merge.weight @ torch.cat([context, seen]))
        log_p = torch.log_softmax(decoder.out.weight @ (seen + read) / 2**0.5 + decoder.out.bias, dim=0)
        if token != PADDING:
            total, count = total - log_p[token], count + 1
        previous = token
    return total / count


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_encoding_and_loss_equal_a_loop_over_graphs_and_steps(space):
    tokens = sequences(space, 3)
    encoder, decoder = networks(Tokens(space).vocabulary)
    steps = encoder(tokens)
    loss = negative_log_likelihood(decoder(steps, tokens), tokens)
    for row, sequence in enumerate(tokens.tolist()):
        slow = slow_encoding(encoder, sequence)
        torch.testing.assert_close(steps[row], torch.stack(slow))
        torch.testing.assert_close(loss[row], slow_loss(decoder, slow, sequence))


def test_parameter_counts():
    encoder, decoder = networks(vocabulary=7, width=64)
    lstm = 4 * 64 * (64 + 64 + 2)
    assert sum(p.numel() for p in encoder.parameters()) == 7 * 64 + 2 * lstm + (128 * 64 + 64)
    attention = 64 * 64 + 128 * 64
    assert sum(p.numel() for p in decoder.parameters()) == 7 * 64 + lstm + attention + (64 * 7 + 7)


def test_greedy_decoding_agrees_with_teacher_forcing_on_its_own_output():
    scheme = Tokens(NB201)
    encoder, decoder = networks(scheme.vocabulary)
    lengths = set()
    for pull in np.linspace(-3, 3, 13):  # towards an early end
        with torch.no_grad():
            decoder.out.bias[scheme.end] = pull
            steps = encoder(sequences(NB201, 20))
            decoded = decoder.written(steps, scheme, greedy)
            logits = decoder(steps, decoded).masked_fill(~torch.from_numpy(scheme.allowed), -torch.inf)
        live = decoded != PADDING
        lengths |= set(live.sum(1).tolist())
        assert (logits.argmax(-1)[live] == decoded[live]).all()
    assert len(lengths) > 1


def test_shifted_starts_with_the_start_token():
    assert shifted(torch.tensor([[4, 5, 6]])).tolist() == [[PADDING, 4, 5]]


def test_pooled_is_a_unit_vector_along_the_mean():
    steps = F.normalize(torch.randn(4, 5, WIDTH, generator=torch.Generator().manual_seed(0)), dim=-1)
    torch.testing.assert_close(pooled(steps).norm(dim=1), torch.ones(4))
    torch.testing.assert_close(F.cosine_similarity(pooled(steps), steps.mean(1)), torch.ones(4))


def replay(tokens):
    """A step that is nearly sure of the given sequences, but surer of padding."""

    def step(last, position):
        logits = torch.zeros(len(tokens), 10)
        logits[torch.arange(len(tokens)), tokens[:, position]] = 50.0
        logits[:, PADDING] = 90.0
        return logits, position + 1

    return step


@pytest.mark.parametrize("choose", [greedy, sampled()], ids=["greedy", "sampled"])
def test_generate_obeys_the_mask_and_ends_at_the_output(choose):
    space = NB101Shaped()
    scheme, tokens = Tokens(space), sequences(space, 200)
    assert (tokens == PADDING).any()
    step = replay(tokens)
    with fixed():
        again = generate(lambda last, at: (step(last, at)[0][:, :7], at + 1), 0, 200, scheme, choose)
    assert torch.equal(again, tokens)


@pytest.mark.parametrize("space", ALL, ids=lambda space: space.name)
def test_no_network_can_emit_a_token_of_the_wrong_class(space):
    scheme = Tokens(space)
    with fixed():

        def step(last, state):
            return torch.randn(300, scheme.vocabulary) * 5, state

        drawn = generate(step, None, 300, scheme, sampled()).numpy()
    allowed = scheme.allowed[np.arange(scheme.length), drawn]
    ended = np.cumsum(drawn == scheme.end, axis=1) - (drawn == scheme.end) > 0
    assert (allowed != ended).all() and (drawn[ended] == PADDING).all()
    assert ended.any() and len(np.unique(drawn, axis=0)) > 100


def test_sampling_follows_temperature_and_tanh_constant():
    logits = torch.tensor([1.0, 4.0, -torch.inf]).expand(40_000, 3)
    with fixed():
        for temperature, constant in ((1.0, None), (5.0, None), (5.0, 2.5)):
            share = (sampled(temperature, constant)(logits) == 1).float().mean().item()
            gap = (np.tanh(4 / 5) - np.tanh(1 / 5)) * 2.5 if constant else 3 / temperature
            assert share == pytest.approx(1 / (1 + np.exp(-gap)), abs=0.01)
            assert not (sampled(temperature, constant)(logits) == 2).any()


@pytest.mark.parametrize(
    "space",
    [
        NB201,
        NB101Shaped(),
        pytest.param(SPACES[1], marks=pytest.mark.slow),
        pytest.param(SPACES[2], marks=pytest.mark.long),
    ],
    ids=lambda space: space.name,
)
def test_64_graphs_are_learnt_by_heart(space):
    scheme, tokens = Tokens(space), sequences(space, 64, seed=3)
    network = torch.nn.ModuleList(networks(scheme.vocabulary, width=64))
    encoder, decoder = network
    optimizer = FlatAdam(network, 3e-3, 5.0)
    for _ in range(100):
        for _ in range(25):
            optimizer.step(negative_log_likelihood(decoder(encoder(tokens), tokens), tokens).mean())
        with torch.no_grad():
            exact = (decoder.written(encoder(tokens), scheme, greedy) == tokens).all(1).float().mean()
        if exact > 0.8:
            break
    assert exact > 0.8
