"""The ENAS macro space, the published file of its architectures, pools, and the surrogate trained on it."""

import ast
import random

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources import enas_file, enas_surrogate
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace
from tests.methods.spaces import ENASShaped

SPACE = ENASSpace()
TEXT = "1-40-500-0111-21111-300001"  # first line of the published file


def ignore(share):
    assert 0 <= share <= 1


@pytest.fixture(scope="module")
def path(shared_data):
    return shared_data / "enas" / enas_file.FILE


@pytest.fixture(scope="module")
def lines(path):
    return enas_file.lines(path)


@pytest.fixture(scope="module")
def weights(lines):
    cells, accuracy, _ = lines
    return enas_surrogate.fit(cells, accuracy)


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


# the space


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
    with pytest.raises(HarnessError, match="no ENAS architecture"):
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


# the file


def test_golden_facts(lines):
    _, accuracy, keys = lines
    assert len(accuracy) == 19_020 and len(set(keys.tolist())) == 19_015
    assert accuracy.mean() == pytest.approx(0.7363, abs=5e-5)
    assert accuracy.std() == pytest.approx(0.00612, abs=5e-6)
    assert (accuracy.min(), accuracy.max()) == (0.702, 0.7502)


def test_lines_read_as_python_would(path, lines):
    cells, accuracy, _ = lines
    texts = path.read_text().splitlines()[1000:]
    for row in np.random.default_rng(0).choice(19_020, 300, replace=False).tolist():
        rows, value = ast.literal_eval(texts[row])
        adjacency, ops = cells_of_literals(rows)
        assert np.array_equal(cells.adjacency[row], adjacency)
        assert cells.ops[row].tolist() == ops and accuracy[row] == value


def test_table_keeps_every_line_as_a_replicate(path, lines):
    valid = enas_file.convert(path, ignore)["enas:cifar10"]["valid@1"]
    rows = enas_file.cells(path)
    assert valid.shape == (19_015, 2) and np.isfinite(valid).sum() == 19_020
    assert np.isfinite(valid[:, 0]).all()
    _, accuracy, keys = lines
    wanted = {}
    for key, value in zip(keys.tolist(), accuracy.tolist(), strict=True):
        wanted.setdefault(key, []).append(value)
    assert list(wanted) == SPACE.keys(rows).tolist()
    assert [row[np.isfinite(row)].tolist() for row in valid] == list(wanted.values())


def test_split_is_the_published_shuffle(lines):
    train, test = enas_file.published_split(19_020)
    assert (len(train), len(test)) == (17_118, 1_902)
    items = [("line", number) for number in range(19_020)]
    random.Random(0).shuffle(items)
    assert [number for _, number in items] == [*train.tolist(), *test.tolist()]
    assert lines[1][train].std() == pytest.approx(0.00613, abs=5e-6)
    assert lines[1][test].std() == pytest.approx(0.00599, abs=5e-6)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "[[1], [4, 0]], 0.73",
        "[[6], [4, 0], [5, 0, 0], [0, 1, 1, 1], [2, 1, 1, 1, 1], [3, 0, 0, 0, 0, 1]], 0.73",
        "[[1], [4, 0], [5, 0, 0], [0, 1, 1, 1], [2, 1, 1, 1, 1], [3, 0, 0, 0, 0, 1]], 1.2",
        "[[1], [4, 0], [5, 0, 0], [0, 1, 1, 1], [2, 1, 1, 1, 1], [3, 0, 0, 0, 0, 1]], __import__('os')",
    ],
)
def test_a_foreign_line_is_named(path, tmp_path, line):
    good = path.read_text().splitlines()[:1003]
    (tmp_path / "f.txt").write_text("\n".join([*good[:1001], line, *good[1001:]]))
    with pytest.raises(HarnessError, match="line 1002 is no architecture"):
        enas_file.convert(tmp_path / "f.txt", ignore)


def test_short_or_absent_files(tmp_path):
    (tmp_path / "f.txt").write_text("nothing\n")
    with pytest.raises(HarnessError, match="has 1 lines"):
        enas_file.cells(tmp_path / "f.txt")
    with pytest.raises(HarnessError, match="cannot be read"):
        enas_file.convert(tmp_path / "absent", ignore)


# pools


@pytest.fixture(scope="module")
def pool():
    return PoolSpace("enas-pool", SPACE, draw(500, seed=3))


def test_pool_members_are_positions(pool):
    assert (pool.keys(pool.all()) == np.arange(500)).all() and pool.size == 500
    assert pool.contains(pool.all()).all()
    shuffled = np.random.default_rng(0).permutation(500)
    assert (pool.keys(pool.all()[shuffled]) == shuffled).all()


def test_pool_admits_the_whole_space(pool):
    others = draw(200, seed=4)
    assert pool.admits(others).all() and not pool.contains(others).any()
    assert (pool.keys(others) == 500 + SPACE.keys(others)).all()
    ops = others.ops.copy()
    ops[:100, 0] = 3
    broken = type(others)(others.adjacency, ops)
    assert pool.admits(broken).tolist() == [False] * 100 + [True] * 100
    with pytest.raises(HarnessError, match="100 of 200 cells are outside"):
        pool.keys(broken)
    assert not pool.contains(broken).any()


def test_pool_samples_uniformly(pool):
    keys = pool.keys(pool.sample(50_000, np.random.default_rng(1)))
    counts = np.bincount(keys, minlength=500)
    assert len(counts) == 500 and abs(((counts - 100) ** 2 / 100).sum() - 500) < 6 * np.sqrt(1000)


def test_pool_delegates(pool):
    cell = pool.all()[7:8]
    found = pool.neighbours(cell)
    assert len(found) == 45 and pool.admits(found).all() and not pool.contains(found).all()
    assert pool.to_strings(cell) == SPACE.to_strings(cell)
    assert pool.complexity(cell, "ngae") == SPACE.complexity(cell, "ngae")
    assert pool.canonical(cell) == SPACE.keys(cell)


def test_pool_identity_is_its_content(pool):
    cells = pool.all()
    assert PoolSpace("other", SPACE, cells).digest == pool.digest
    assert PoolSpace("enas-pool", SPACE, cells[::-1]).digest != pool.digest
    assert PoolSpace("enas-pool", SPACE, cells[:499]).digest != pool.digest != SPACE.digest


def test_pools_that_cannot_be(pool):
    twice = pool.all()[np.array([0, 1, 2, 1])]
    (text,) = SPACE.to_strings(twice[1:2])
    with pytest.raises(HarnessError, match=f"lists {text} twice"):
        PoolSpace("p", SPACE, twice)
    with pytest.raises(HarnessError, match="p is empty"):
        PoolSpace("p", SPACE, twice[:0])


# the surrogate


@pytest.mark.slow
def test_held_out_quality(lines):
    cells, accuracy, _ = lines
    facts = enas_surrogate.held_out(cells, accuracy, enas_file.published_split(len(cells)))
    assert (facts["train"], facts["test"]) == (17_118, 1_902)
    # NGAE's own predictor reaches .00219 on the same lines after 300 epochs
    assert facts["rmse"] < 0.00150 and facts["spearman"] > 0.96 and facts["r2"] > 0.935
    assert facts["rmse_of_mean"] == pytest.approx(0.0060, abs=5e-5)


@pytest.mark.slow
def test_predictions_over_the_space(lines, weights):
    cells, accuracy, _ = lines
    answers = enas_surrogate.predict(weights, draw(20_000))
    assert ((answers > 0.68) & (answers < 0.76)).all()
    assert np.sqrt(((enas_surrogate.predict(weights, cells) - accuracy) ** 2).mean()) < 0.0015
    again = enas_surrogate.fit(cells, accuracy)
    assert all(np.array_equal(again[name], weights[name]) for name in weights)


def test_surrogate_recovers_a_function_of_pairs():
    """Accuracies made of single decisions and one pair are found from 3,000 examples, noise aside."""
    cells, unseen = draw(3000), draw(300, seed=9)

    def truth(batch):
        pair = (batch.ops[:, 1] == 2) & batch.adjacency[:, 0, 3]
        return 0.7 + 0.01 * (batch.ops[:, 4] == 1) + 0.02 * pair

    weights = enas_surrogate.fit(cells, truth(cells))
    assert weights["quadratic"].shape == (51, 51) and not np.tril(weights["quadratic"], -1).any()
    assert np.abs(enas_surrogate.predict(weights, unseen) - truth(unseen)).max() < 1e-3
    one_by_one = [enas_surrogate.predict(weights, unseen[row : row + 1])[0] for row in range(50)]
    assert enas_surrogate.predict(weights, unseen)[:50].tolist() == one_by_one


def test_surrogate_refuses():
    cells = draw(20)
    with pytest.raises(HarnessError, match="20 architectures with 19"):
        enas_surrogate.fit(cells, np.full(19, 0.7))
    with pytest.raises(HarnessError, match="finite"):
        enas_surrogate.fit(cells, np.full(20, np.nan))
