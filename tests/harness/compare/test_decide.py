"""Looking again at growing data: what is found where there is nothing, and where there is something."""

import itertools

import numpy as np
import pytest

from harness.compare.decide import LEVEL, Decided, Plan, fewest_seeds, pair_values, remark, said
from harness.records.store import RunStore
from harness.stats.paired import signed_rank
from tabular.errors import HarnessError

PLAN = Plan(10, 5, 50)
REPEATS = 300


def study(rng, shift=0, methods=3, level=PLAN.level):
    """All looks at methods that differ by luck alone, but the first by `shift`; values often tie."""
    shared = rng.integers(0, 3, PLAN.most)
    values = [shared + rng.integers(0, 6, PLAN.most) for _ in range(methods)]
    values[0] = values[0] + shift
    found = Decided()
    for look in range(1, PLAN.looks + 1):
        n = PLAN.seeds(look)
        p = {
            (str(one), str(two)): signed_rank((values[one] - values[two])[:n].astype(float))
            for one, two in itertools.combinations(range(methods), 2)
        }
        found = found.after(p, level)
    return found


def test_the_looks_are_planned():
    assert (PLAN.looks, PLAN.level) == (9, 0.05 / 9)
    assert [PLAN.seeds(look) for look in range(1, 10)] == [10, 15, 20, 25, 30, 35, 40, 45, 50]
    uneven = Plan(10, 15, 50)
    assert [uneven.seeds(look) for look in range(1, uneven.looks + 1)] == [10, 25, 40, 50]
    assert Plan(7, 5, 7).looks == 1 and Plan(7, 5, 7).level == LEVEL


def test_equal_methods_are_seldom_separated_however_often_one_looks():
    rng = np.random.default_rng(0)
    false = np.mean([bool(study(rng).separated) for _ in range(REPEATS)])
    assert false <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / REPEATS)


def test_without_the_correction_they_would_be():
    rng = np.random.default_rng(0)
    false = np.mean([bool(study(rng, level=LEVEL).separated) for _ in range(REPEATS)])
    assert false > 0.05 + 3 * np.sqrt(0.05 * 0.95 / REPEATS)


def test_a_real_difference_is_found():
    rng = np.random.default_rng(0)
    found = [study(rng, shift=2) for _ in range(50)]
    assert np.mean([{("0", "1"), ("0", "2")} <= each.separated for each in found]) > 0.9


def test_separated_stays_separated_and_nan_separates_nothing():
    one, two = ("a", "b"), ("a", "c")
    found = Decided().after({one: 0.001, two: float("nan")}, 0.01)
    assert found.separated == {one} and found.undecided == (two,)
    assert found.after({one: 0.9, two: 0.9}, 0.01).separated == {one}


def test_holm_counts_all_pairs():
    p = {("a", "b"): 0.004, ("a", "c"): 0.004, ("b", "c"): 0.5}
    assert Decided().after(p, 0.01).separated == frozenset()  # 3 x .004
    assert len(Decided().after({**p, ("a", "b"): 0.003}, 0.01).separated) == 2  # 3 x .003, 2 x .004


@pytest.mark.parametrize(("pairs", "level"), [(1, 0.05), (3, 0.05 / 9), (190, 0.05 / 9), (6, 0.0625)])
def test_fewest_seeds_that_can_separate_anything(pairs, level):
    n = fewest_seeds(pairs, level)
    assert pairs * signed_rank(np.arange(1.0, n + 1)) < level
    assert pairs * signed_rank(np.arange(1.0, n)) >= level


def test_pairs_of_a_comparison(spec_of, record_for, compared, tmp_path):
    records = [
        record_for(spec_of(method, seed), seen=[0.1, 0.2, height + seed / 1000])
        for method, height in (("low", 0.3), ("high", 0.5))
        for seed in range(6)
    ]
    (comparison,) = compared(records, RunStore(tmp_path))
    assert pair_values(comparison) == {("high", "low"): pytest.approx(2 / 2**6)}


def test_words_of_a_look_and_of_the_end():
    plan = Plan(10, 20, 50)
    found = Decided().after({("a", "b"): 0.001, ("a", "c"): 0.5, ("b", "c"): 0.4}, plan.level)
    words = said("nb201:cifar10", found, plan, 2)
    assert words == "nb201:cifar10: look 2 of 3, 30 seeds: 1 of 3 pairs separated at p < 0.017 (Holm)"
    assert "fewer than 9 seeds cannot separate any" in said("x", found, Plan(6, 5, 16), 1)
    words = remark(found, plan, 3)
    assert "3 looks planned (10 to 50 seeds in steps of 20), 3 made, the last at 50 seeds" in words
    assert "2 of 3 pairs stayed undecided: a and c, b and c." in words
    done = Decided().after({("a", "b"): 0.001}, plan.level)
    assert "Every pair of methods is separated." in remark(done, plan, 1)


def test_a_limit_below_the_first_batch_is_refused():
    with pytest.raises(HarnessError, match="most_seeds=5 is below the first batch of 10 seeds"):
        Plan(10, 5, 5)


def test_the_command_adds_seeds_until_the_limit_and_goes_on(command, tmp_path):
    words = ["methods=random,local_search", "seeds=4..6", "batch=2", "most_seeds=6", "budget=12", "workers=1"]
    first = command("run", *words, "until=decided", f"results={tmp_path}")
    assert first.code == 0, first.err
    looks = [line for line in first.err.splitlines() if ": look " in line]
    assert [line.partition(" seeds:")[0] for line in looks] == [
        f"harness: nb201:cifar10: look {look} of 3, {n}" for look, n in ((1, 3), (2, 5), (3, 6))
    ]
    notes = " ".join(first.out.split())
    assert "seeds 4..9 (n = 6)" in notes
    assert "3 looks planned (3 to 6 seeds in steps of 2), 3 made" in notes
    again = command("run", *words, "until=decided", f"results={tmp_path}")
    assert again.out == first.out  # nothing is run twice
    assert [line for line in again.err.splitlines() if ": look " not in line] == []
    rows = command("run", *words, "until=decided", f"results={tmp_path}", "format=json")
    assert rows.rows()[0]["n"] == 6 and "pairs stayed undecided" in rows.err


def test_written_files_are_what_the_runs_give(command, tmp_path):
    """The looks are no function of the stored runs: a written report has no word of them."""
    words = ["methods=random,local_search", "seeds=2", "most_seeds=2", "budget=12", "workers=1"]
    files = ["until=decided", "format=all", f"out={tmp_path / 'reports'}"]
    outcome = command("run", *words, *files, f"results={tmp_path / 'results'}")
    assert outcome.code == 0 and "1 of 1 pairs stayed undecided" in outcome.err
    assert command("report", "verify", f"out={tmp_path / 'reports'}").code == 0


def test_it_stops_when_all_is_decided(command, tmp_path, plugin_file):
    """A method that knows the best architecture is told from one that knows a bad one at the first look."""
    best = "return space.from_strings(['333132'])"
    worst = "return space.from_strings(['000000'])"
    files = f"plugins={plugin_file('good', best)},{plugin_file('poor', worst)}"
    words = [
        "methods=good,poor",
        files,
        "budget=11",
        "workers=1",
        "seeds=12",
        "most_seeds=22",
        "until=decided",
    ]
    outcome = command("run", *words, f"results={tmp_path / 'results'}")
    assert outcome.code == 0, outcome.err
    assert outcome.err.count(": look ") == 1 and "look 1 of 3, 12 seeds: 1 of 1 pairs" in outcome.err
    assert "Every pair of methods is separated" in " ".join(outcome.out.split())


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("batch=3", "batch=3: has a meaning with until=decided only"),
        ("most_seeds=30", "most_seeds=30: has a meaning with until=decided only"),
        ("until=bored", "until=bored"),
        ("until=decided", "until=decided compares methods; there is only random"),
        ("until=decided seeds=60", "most_seeds=50 is below the first batch of 60 seeds"),
        ("until=decided most_seeds=1", "most_seeds=1: input should be greater than or equal to 2"),
    ],
)
def test_what_cannot_work_is_refused(command, tmp_path, words, expected):
    outcome = command("run", "methods=random", *words.split(), f"results={tmp_path / 'r'}")
    assert (outcome.code, outcome.out) == (2, "") and expected in outcome.err
    assert not (tmp_path / "r").exists()


def test_protocols_effect_has_no_such_keys(command):
    outcome = command("protocols", "effect", "methods=random", "until=decided")
    assert outcome.code == 2 and "until= is not for harness protocols effect" in outcome.err
