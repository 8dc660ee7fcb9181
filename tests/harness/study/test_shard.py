from collections import Counter

import pytest

from harness.study.shard import Shard


@pytest.fixture
def runs(study):
    return study("methods=random,local_search", "bench=nb201:cifar10,nb201:cifar100", "seeds=7", "budget=12")


@pytest.mark.parametrize("count", [1, 2, 3, 5, 28, 40])
def test_shares_are_disjoint_complete_and_in_order(runs, count):
    shares = [Shard(number, count).of(runs) for number in range(1, count + 1)]
    assert Counter(spec.key for share in shares for spec in share) == {spec.key: 1 for spec in runs}
    order = {spec.key: place for place, spec in enumerate(runs)}
    for share in shares:
        places = [order[spec.key] for spec in share]
        assert places == sorted(places)
    sizes = [len(share) for share in shares]
    assert max(sizes) - min(sizes) <= 4


def test_each_share_has_of_each_method(runs):
    """Two methods in two shares must not mean one each: one of them takes a thousand times longer."""
    for number in (1, 2):
        counts = Counter((spec.benchmark, spec.method) for spec in Shard(number, 2).of(runs))
        assert set(counts.values()) <= {3, 4} and len(counts) == 4


def test_a_share_does_not_hang_on_what_is_stored(command, tmp_path):
    words = ["run", "methods=random,local_search", "seeds=4", "budget=12", "workers=2", "format=json"]

    def stored(folder):
        return {path.name for path in (tmp_path / folder).glob("*/*/*/?-????????.json")}

    outcome = command(*words, "shard=1/2", f"results={tmp_path / 'a'}")
    assert outcome.code == 0
    first = stored("a")
    assert len(first) == 4
    assert {row["n"] for row in outcome.rows() if row["metric"] == "seen"} == {2}  # of each method
    assert command(*words, f"results={tmp_path / 'whole'}").code == 0
    assert command(*words, "shard=1/2", f"results={tmp_path / 'a'}").err == ""  # nothing was missing
    assert stored("a") == first
    outcome = command(*words, "shard=2/2", f"results={tmp_path / 'a'}")
    assert stored("a") == stored("whole")
    assert {row["n"] for row in outcome.rows() if row["metric"] == "seen"} == {4}  # all that is stored
