"""The ENAS macro space against counts and edges worked out by hand."""

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.spaces.enas import ENASSpace
from tests.methods.spaces import ENASShaped

SPACE = ENASSpace()
TEXT = "1-40-500-0111-21111-300001"  # first line of the published file


def cells_of_literals(rows):
    """Adjacency and operations of one architecture, edge by edge, from the file's nested lists."""
    adjacency = np.zeros((8, 8), dtype=bool)
    for layer, (_, *skips) in enumerate(rows):
        adjacency[layer, layer + 1] = True
        for source, bit in enumerate(skips):
            adjacency[source, layer + 1] |= bool(bit)
    adjacency[6, 7] = True
    return adjacency, [0, *(row[0] + 1 for row in rows), 7]


def draw(n, seed=0):
    return SPACE.sample(n, np.random.default_rng(seed))


def test_size_and_form():
    assert SPACE.size == 1_528_823_808
    shaped = ENASShaped()
    assert (
        shaped.contains(draw(500)).all()
        and SPACE.contains(shaped.sample(500, np.random.default_rng(0))).all()
    )


def test_a_line_as_cells():
    cells = SPACE.from_strings([TEXT])
    adjacency, ops = cells_of_literals(
        [[1], [4, 0], [5, 0, 0], [0, 1, 1, 1], [2, 1, 1, 1, 1], [3, 0, 0, 0, 0, 1]]
    )
    assert np.array_equal(cells.adjacency[0], adjacency) and cells.ops[0].tolist() == ops


def test_keys_are_mixed_radix():
    cells = SPACE.from_strings(
        [
            "0-00-000-0000-00000-000000",
            "0-00-000-0000-00000-000001",
            "0-00-000-0000-00000-100000",
            "1-00-000-0000-00000-000000",
        ]
    )
    assert SPACE.keys(cells).tolist() == [0, 1, 2**15, 6**5 * 2**15]
    last = SPACE.from_keys(np.array([SPACE.size - 1]))
    assert SPACE.to_strings(last) == ["5-51-511-5111-51111-511111"]


def test_keys_round_trip():
    keys = np.random.default_rng(1).integers(0, SPACE.size, 2000)
    assert (SPACE.keys(SPACE.from_keys(keys)) == keys).all()
    for wrong in (-1, SPACE.size):
        with pytest.raises(HarnessError, match=f"{wrong} is no key"):
            SPACE.from_keys(np.array([0, wrong]))


def test_sampling_is_uniform():
    cells = draw(20_000)
    share = np.stack([(cells.ops[:, 1:7] == op).mean(axis=0) for op in range(1, 7)])
    assert np.abs(share - 1 / 6).max() < 5 * np.sqrt(1 / 6 * 5 / 6 / 20_000)
    upper = cells.adjacency[:, *np.triu_indices(7, 2)]
    assert upper.shape[1] == 15 and np.abs(upper.mean(axis=0) - 0.5).max() < 5 * 0.5 / np.sqrt(20_000)


def test_45_neighbours():
    found = SPACE.to_strings(SPACE.neighbours(SPACE.from_strings([TEXT])))
    changes = [sum(a != b for a, b in zip(text, TEXT, strict=True)) for text in found]
    assert len(set(found)) == 45 and changes == [1] * 45


@pytest.mark.parametrize(
    "text", ["6" + TEXT[1:], TEXT[:-1] + "2", TEXT + "-1", TEXT[:-1], TEXT.replace("-", " ")]
)
def test_no_architecture(text):
    with pytest.raises(HarnessError, match="is no architecture of enas"):
        SPACE.from_strings([text])


def test_published_complexity_by_its_definition():
    """48 times, over vertices, the operation's number times its predecessors (NGAE, authors' code)."""
    number = {1: 10, 2: 10, 3: 26, 4: 26, 5: 1, 6: 1, 7: 48}
    cells = draw(50)
    expected = [
        48 * sum(number[int(op)] * int(reads) for op, reads in zip(o[1:], a.sum(axis=0)[1:], strict=True))
        for a, o in zip(cells.adjacency, cells.ops, strict=True)
    ]
    assert SPACE.complexity(cells, "ngae").tolist() == expected


def test_network_costs_by_hand():
    pools = SPACE.from_strings(["4-40-400-4000-40000-400000"])
    # stem; five 1x1 joins; three and five tensors halved and doubled; classifier
    params = 3 * 9 * 36 + 72
    params += 36**2 + 72 + 2 * (72**2 + 144) + 2 * (144**2 + 288)
    params += 3 * (36 * 72 + 144) + 5 * (72 * 144 + 288) + 1440
    assert SPACE.complexity(pools, "params")[0] * 1e6 == pytest.approx(params)
    flops = 27 * 36 * 1024 + 36**2 * 1024 + 2 * 72**2 * 256 + 2 * 144**2 * 64
    flops += 3 * 36 * 72 * 256 + 5 * 72 * 144 * 64 + 1440
    assert SPACE.complexity(pools, "flops")[0] * 1e6 == pytest.approx(flops)
    one = SPACE.from_strings(["4-40-400-4000-40000-410000", "0-40-400-4000-40000-400000"])
    more = SPACE.complexity(one, "flops") * 1e6 - flops
    assert more == pytest.approx([144**2 * 64, 10 * 36**2 * 1024])


@pytest.mark.parametrize("measure", ["flops", "params", "ngae"])
def test_largest_complexity_is_the_full_network(measure):
    full = SPACE.from_strings(["2-21-211-2111-21111-211111"])
    assert SPACE.complexity(full, measure)[0] == SPACE.largest_complexity(measure)
    assert SPACE.complexity(SPACE.neighbours(full), measure).max() <= SPACE.largest_complexity(measure)
