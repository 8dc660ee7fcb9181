"""What a pool lacks is matched to the nearest member that was not asked yet, and counted."""

import numpy as np
import pytest
import torch

import tabular
from harness.records.run_file import columns
from harness.running.matching import Matcher
from methods.base import NoHyper, Representation
from tabular import catalogue
from tabular.benchmark import Table
from tabular.benchmarks import enas_pool
from tabular.cells import Cells
from tabular.spaces.enas import ENASSpace
from tabular.spaces.pool import PoolSpace

SPACE = ENASSpace()
MEMBERS, BUDGET = 60, 14


class Keyed(Representation):
    """The latent point is a number known for each architecture; counts the encodings it makes."""

    static = True

    def setup(self):
        self.points, self.encoded = {}, 0

    def fit(self, space, observed):
        pass

    def encode(self, cells):
        self.encoded += len(cells)
        values = [self.points[key] for key in SPACE.keys(cells).tolist()]
        return torch.tensor(values, dtype=torch.float32)[:, None]


class Changing(Keyed):
    static = False


def drawn(n, seed):
    cells = SPACE.sample(n, np.random.default_rng(seed))
    assert len(set(SPACE.keys(cells).tolist())) == n
    return cells


@pytest.fixture
def pool():
    return PoolSpace("enas-pool", SPACE, drawn(MEMBERS, 1))


def outsiders(n, seed=2):
    return drawn(n, seed)


def none_known():
    return np.zeros(MEMBERS, dtype=bool)


def placed(pool, cells, where, kind=Keyed):
    """A representation with member i at i, and the given architectures at `where`."""
    representation = kind(NoHyper(), np.random.default_rng(0))
    representation.points = dict(
        zip(SPACE.keys(pool.all()).tolist(), map(float, range(MEMBERS)), strict=True)
    )
    representation.points |= dict(zip(SPACE.keys(cells).tolist(), where, strict=True))
    return representation


def rows_of(pool, cells):
    return pool.keys(cells).tolist()


def edited(cells, vertex):
    """The same graphs with the operation of one vertex changed to its successor."""
    ops = cells.ops.copy()
    ops[:, vertex] = ops[:, vertex] % 6 + 1
    return Cells(cells.adjacency, ops)


def test_nearest_in_the_latent_space(pool):
    cells = outsiders(4)
    matcher = Matcher(pool, placed(pool, cells, [7.2, 40.6, -5.0, 99.0]))
    found, matched = matcher.replace(cells, 4, none_known())
    assert matched == 4 and rows_of(pool, found) == [7, 41, 0, 59]


def test_nearest_by_adjacency_and_operations_without_a_representation(pool):
    """One operation away from a member, so nearer to it than to a random other."""
    near = edited(pool.all()[[3, 20, 41]], vertex=2)
    assert SPACE.contains(near).all() and not pool.contains(near).any()
    found, matched = Matcher(pool, None).replace(near, 3, none_known())
    assert matched == 3 and rows_of(pool, found) == [3, 20, 41]


def test_the_nearest_without_a_representation_has_the_fewest_differences(pool):
    cells, members = outsiders(1, seed=5), pool.all()
    edges = (members.adjacency != cells.adjacency).sum(axis=(1, 2))
    operations = 2 * (members.ops != cells.ops).sum(axis=1)  # a changed operation is two one-hot entries
    found, _ = Matcher(pool, None).replace(cells, 1, none_known())
    (row,) = rows_of(pool, found)
    assert (edges + operations)[row] == (edges + operations).min()


def test_what_was_asked_before_is_passed_over(pool):
    cells = outsiders(1)
    known = none_known()
    known[[7, 8]] = True
    matcher = Matcher(pool, placed(pool, cells, [7.4]))
    found, _ = matcher.replace(cells, 1, known)
    assert rows_of(pool, found) == [6] and known.sum() == 2
    known[6] = True
    found, _ = matcher.replace(cells, 1, known)
    assert rows_of(pool, found) == [9]


def test_no_member_is_taken_twice_and_the_first_comes_first(pool):
    cells = outsiders(4)
    matcher = Matcher(pool, placed(pool, cells, [30.4, 30.1, 30.2, 30.3]))
    found, matched = matcher.replace(cells, 4, none_known())
    assert matched == 4 and rows_of(pool, found) == [30, 31, 29, 32]


def test_further_outsiders_are_left_out(pool):
    cells = outsiders(4)
    matcher = Matcher(pool, placed(pool, cells, [1.0, 2.0, 3.0, 4.0]))
    found, matched = matcher.replace(cells, 2, none_known())
    assert matched == 2 and rows_of(pool, found) == [1, 2]
    found, matched = matcher.replace(cells, 0, none_known())
    assert matched == 0 and len(found) == 0


def test_members_and_invalid_graphs_stay_where_they_are(pool):
    cells = outsiders(3)
    invalid = Cells(cells.adjacency[:1], np.zeros_like(cells.ops[:1]))
    assert not pool.admits(invalid).any()
    members = pool.all()[[5, 50]]
    proposal = Cells.concatenate([members[:1], cells[:1], invalid, cells[1:2], members[1:], cells[2:]])
    before = proposal.ops.copy(), proposal.adjacency.copy()
    found, matched = Matcher(pool, placed(pool, cells, [10.0, 11.0, 12.0])).replace(proposal, 3, none_known())
    assert matched == 2 and len(found) == 5  # the first member is the third of those asked
    assert pool.contains(found).tolist() == [True, True, False, True, True]
    assert rows_of(pool, found[[0, 1, 3, 4]]) == [5, 10, 11, 50]
    np.testing.assert_array_equal(found.ops[2], invalid.ops[0])
    np.testing.assert_array_equal(found.adjacency[2], invalid.adjacency[0])
    np.testing.assert_array_equal(proposal.ops, before[0])
    np.testing.assert_array_equal(proposal.adjacency, before[1])


def test_a_proposal_of_members_is_returned_as_it_is(pool):
    members = pool.all()[[9, 2, 9]]
    found, matched = Matcher(pool, None).replace(members, 1, none_known())
    assert matched == 0 and rows_of(pool, found) == [9, 2, 9]


@pytest.mark.parametrize(("kind", "encodings_of_the_pool"), [(Keyed, 1), (Changing, 2)])
def test_the_pool_is_encoded_anew_only_where_encodings_change(pool, kind, encodings_of_the_pool):
    cells = outsiders(1)
    representation = placed(pool, cells, [20.0], kind)
    matcher = Matcher(pool, representation)
    matcher.replace(cells, 1, none_known())
    key = int(SPACE.keys(pool.all()[[33]])[0])
    representation.points[key] = 20.0  # exactly there, if anybody looks again
    representation.points[int(SPACE.keys(pool.all()[[20]])[0])] = 500.0
    found, _ = matcher.replace(cells, 1, none_known())
    assert rows_of(pool, found) == [20 if kind is Keyed else 33]
    assert representation.encoded == 2 + encodings_of_the_pool * MEMBERS


# in a run


@pytest.fixture
def small_pool(pool, monkeypatch, without_shape_checks):
    """The benchmark `enas-pool` with sixty members, member i at accuracy .5 + i/1000."""
    columns = {"valid@1": 0.5 + np.arange(MEMBERS)[:, None] / 1000}
    table = Table("enas-pool:cifar10", pool, "d" * 64, 1, columns, {"note": "", "source": "a test"})
    monkeypatch.setattr(enas_pool, "load", lambda dataset: table)
    catalogue.load.cache_clear()
    assert tabular.load("enas-pool") is table
    yield table
    catalogue.load.cache_clear()


def one(study, carry_out, file):
    (spec,) = study(f"methods={file.stem}", "bench=enas-pool", "seeds=1", f"budget={BUDGET}", plugins=(file,))
    return carry_out(spec, (file,))


OUTSIDE = (
    "whole = space.whole.sample(40, self.rng)\n"
    "outside = whole[~space.contains(whole)]\n"
    "unseen = np.setdiff1d(np.arange(space.size), observed.keys)\n"
)


def test_a_run_counts_what_it_matched(study, carry_out, small_pool, plugin_file):
    """Each proposal: an outsider, a second that is not wanted, an invalid one. Four are paid for."""
    file = plugin_file(
        "wanderer",
        OUTSIDE + "broken = Cells(outside.adjacency[:1], 0 * outside.ops[:1])\n"
        "return Cells.concatenate([broken, outside[[0, 1]]])",
    )
    record = one(study, carry_out, file)
    search = BUDGET - 10
    assert record.counts == {
        "proposed": 3 * search, "invalid": search, "repeated": 0, "fallback": 0, "matched": search,
    }  # fmt: skip
    cells = small_pool.space.from_strings(columns(record)["architecture"])
    assert small_pool.space.contains(cells).all() and len(set(small_pool.space.keys(cells))) == BUDGET
    assert columns(record)["purpose"][10:] == ["search"] * search
    np.testing.assert_allclose(
        columns(record)["seen"], small_pool.truth("valid", 1)[small_pool.space.keys(cells)]
    )


def test_members_are_not_counted_as_matched(study, carry_out, small_pool, plugin_file):
    """By turns a member not asked yet and an outsider."""
    file = plugin_file(
        "by_turns", OUTSIDE + "return outside[[0]] if len(observed) % 2 else space.all()[unseen[:1]]"
    )
    record = one(study, carry_out, file)
    assert record.counts["matched"] == (BUDGET - 10) // 2
    assert record.counts["proposed"] == BUDGET - 10 and record.counts["repeated"] == 0


def test_a_member_before_an_outsider_is_what_is_asked(study, carry_out, small_pool, plugin_file):
    """One is wanted, and the member comes first."""
    file = plugin_file("both", OUTSIDE + "return Cells.concatenate([space.all()[unseen[-1:]], outside[[0]]])")
    record = one(study, carry_out, file)
    asked = small_pool.space.keys(small_pool.space.from_strings(columns(record)["architecture"])).tolist()
    left = [row for row in range(MEMBERS) if row not in asked[:10]]
    assert asked[10:] == left[::-1][: BUDGET - 10]


def test_what_is_not_asked_is_not_matched(pool):
    """One query wanted: the new member before the outsider is the one."""
    proposal = Cells.concatenate([pool.all()[[7]], outsiders(1)])
    found, matched = Matcher(pool, None).replace(proposal, 1, none_known())
    assert matched == 0 and rows_of(pool, found) == [7]


def test_a_match_is_no_member_of_the_same_proposal(pool):
    cells = outsiders(1)
    matcher = Matcher(pool, placed(pool, cells, [7.2]))
    found, matched = matcher.replace(Cells.concatenate([cells, pool.all()[[7]]]), 2, none_known())
    assert matched == 1 and rows_of(pool, found) == [8, 7]
