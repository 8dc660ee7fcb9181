"""What is no result of its method: the shares that decide, and everything that such a line stays out of."""

import dataclasses

import numpy as np
import pytest

from harness.compare.comparison import MethodRuns
from harness.compare.decide import Decided, Plan, pair_values, remark, said
from harness.compare.degenerate import decoder_exact, filled_in, flaw
from harness.compare.grouping import compare
from harness.compare.marks import marks
from harness.records.derived import load
from harness.records.stored import stored_run
from harness.report.tables.notes import degenerate
from harness.stats.paired import signed_rank
from tests.harness.lines import Handmade, at
from tests.presets import PROTOCOLS


@pytest.fixture
def comparison_of(handmade):
    def make(**lines):
        (found,) = compare(load(handmade(lines)))
        return found

    return make


@pytest.mark.parametrize(
    ("filled", "exact", "words"),
    [
        (0.0, np.nan, ""),
        (0.05, 0.5, ""),
        (0.0501, 1.0, "5.01 % random fill-in"),
        (0.97, np.nan, "97 % random fill-in"),
        (0.0, 0.4999, "decoder reconstructs 49.99 %"),
        (np.nan, 0.03, "decoder reconstructs 3.0 %"),
        (1.0, 0.0, "100 % random fill-in, decoder reconstructs 0.0 %"),
        (np.nan, np.nan, ""),
    ],
)
def test_what_makes_shares_degenerate_in_words(filled, exact, words):
    assert flaw(filled, exact) == words


def test_the_share_is_of_what_the_search_paid_for(spec_of, record_for):
    purpose = ["initial", "initial", "search", "search", "fallback", "search"]
    seen = [0.5] * 6
    columns = {"purpose": purpose, "repeated": [0, 0, 0, 1, 0, 0], "charged": [1, 1, 1, 0, 1, 1]}
    assert record_for(spec_of(), seen, **columns).ledger.filled_in == 1 / 3  # the repeat was free
    only_initial = record_for(spec_of(), seen, purpose=["initial"] * 6)
    assert np.isnan(only_initial.ledger.filled_in)


def test_short_schedules_count_for_what_they_cost(spec_of, record_for):
    rules = dataclasses.replace(PROTOCOLS["nb201-200ep"], fidelities=(50,))
    purpose, epochs = ["initial", "search", "fallback", "fallback"], [200, 200, 50, 50]
    run = record_for(spec_of(protocol=rules), [0.5] * 4, purpose=purpose, epochs=epochs)
    assert run.ledger.filled_in == (50 + 50) / (200 + 50 + 50)


def test_of_a_budget_in_seconds_the_share_is_of_seconds(spec_of, record_for):
    spec = spec_of(protocol=PROTOCOLS["nb201-nats"], budget=40_000)
    columns = {"purpose": ["initial", "search", "fallback"], "cost": [7.0, 30.0, 10.0], "epochs": [12] * 3}
    assert record_for(spec, **columns).ledger.filled_in == 0.25


@pytest.mark.parametrize("budget", [10, 25])
def test_a_run_says_what_the_runner_counted(plugin_file, study, carry_out, budget):
    path = plugin_file("stuck", "return observed.cells[:1]")
    (spec,) = study("methods=stuck", f"budget={budget}", "seeds=1", f"plugins={path}", plugins=(path,))
    run = carry_out(spec, plugins=(path,))
    kept = stored_run(run, path)
    if budget == 10:  # the initial design is all of it
        assert np.isnan(kept.filled_in) and not MethodRuns("stuck", [kept]).flaw
    else:
        assert kept.filled_in == run.counts["fallback"] / 15 == 1.0
        assert MethodRuns("stuck", [kept]).flaw == "100 % random fill-in"


def test_exactly_the_limits_is_not_degenerate(comparison_of):
    found = comparison_of(
        filled=Handmade(at(0.8, 3), filled=1),  # a twentieth, at each of three seeds
        beyond=Handmade(at(0.8, 3), filled=[1, 1, 2]),
        decoder=Handmade(at(0.7, 3), exact=[40.0, 50.0, 60.0]),
        failing=Handmade(at(0.7, 3), exact=[40.0, 50.0, 59.0]),
    )
    assert [each.label for each in found.rankable] == ["decoder", "filled"]
    assert {each.label: each.flaw for each in found.degenerate} == {
        "beyond": "6.7 % random fill-in",
        "failing": "decoder reconstructs 49.7 %",
    }
    assert [each.name for each in found.degenerate] == ["beyond †", "failing †"]


def test_runs_from_before_the_decoder_was_measured_count_for_nothing(comparison_of):
    found = comparison_of(
        older=Handmade(at(0.8, 3), exact=[None, None, None]),
        mixed=Handmade(at(0.8, 3), exact=[None, 10.0, 20.0]),
    )
    assert [each.label for each in found.rankable] == ["older"]
    (mixed,) = found.degenerate
    assert decoder_exact(mixed.runs) == pytest.approx(0.15) and filled_in(mixed.runs) == 0
    assert mixed.flaw == "decoder reconstructs 15 %"


def test_one_bad_seed_of_ten_spoils_the_mean_and_one_of_twenty_does_not(comparison_of):
    found = comparison_of(
        ten=Handmade(at(0.8, 10), filled=[0] * 9 + [19]), twenty=Handmade(at(0.7, 20), filled=[0] * 19 + [19])
    )
    assert [(each.label, each.flaw) for each in found.degenerate] == [("ten", "9.5 % random fill-in")]
    rule, *sentences = degenerate(found)
    assert rule.startswith("†: degenerate, so in no ranking, mark or test. More than 5 %")
    assert sentences == [
        "ten †: seeds 0..8 by themselves are not degenerate.",
        "twenty: degenerate by themselves: seed 19 (95 % random fill-in); the mean over its seeds is not, so "
        "it is ranked.",
    ]


def test_nothing_is_said_where_nothing_is_degenerate(comparison_of):
    assert degenerate(comparison_of(one=Handmade(at(0.8)), two=Handmade(at(0.7), filled=1, exact=80.0))) == []


def test_the_best_of_a_column_is_the_best_of_the_others(comparison_of):
    found = comparison_of(leader=Handmade(at(0.9), filled=20), good=Handmade(at(0.8)), fair=Handmade(at(0.7)))
    assert [each.label for each in found.ranked("truth", 21)] == ["good", "fair"]
    for metric in ("truth", "seen", "regret", "auc", "hypervolume"):
        assert "leader" not in marks(found, metric, 21)
    assert marks(found, "truth", 21) == {"good": "best", "fair": ""}


def test_holms_correction_does_not_count_degenerate_lines(comparison_of):
    """Seven seeds: the smallest p value is 2 / 128, times 4 above 5 %, times 3 below."""
    honest = {name: Handmade(at(0.8 - place / 10)) for place, name in enumerate("abcd")}
    with_fifth = comparison_of(**honest, e=Handmade(at(0.3)))
    assert marks(with_fifth, "truth", 21) == {"a": "best", "b": "tied", "c": "tied", "d": "tied", "e": "tied"}
    without = comparison_of(**honest, e=Handmade(at(0.3), filled=20))
    assert marks(without, "truth", 21) == {"a": "best", "b": "", "c": "", "d": ""}


def test_pairs_are_of_ranked_lines(comparison_of):
    found = comparison_of(leader=Handmade(at(0.9), exact=3.0), good=Handmade(at(0.8)), fair=Handmade(at(0.7)))
    assert pair_values(found) == {("good", "fair"): signed_rank(np.full(7, 0.1))}


@pytest.mark.parametrize("others", [{"good": Handmade(at(0.8))}, {}], ids=["one left", "none left"])
def test_fewer_than_two_left_is_nothing_to_separate(comparison_of, others):
    plan = Plan(7, 5, 7)
    found = comparison_of(**others, leader=Handmade(at(0.9), filled=20), bad=Handmade(at(0.6), exact=0.0))
    assert len(found.rankable) == len(others) and marks(found, "truth", 21) == {}
    looked = Decided().after(pair_values(found), plan.level)
    assert looked.pairs == looked.undecided == ()
    words = "nothing to separate, fewer than two methods are not degenerate"
    assert said("x", looked, plan, 1) == f"x: look 1 of 1, 7 seeds: {words}"
    assert f"N{words[1:]}." in remark(looked, plan, 1)


def test_a_line_that_becomes_degenerate_leaves_the_count_of_pairs():
    plan = Plan(10, 20, 50)
    found = Decided().after({("a", "b"): 0.001, ("a", "c"): 0.001, ("b", "c"): 0.9}, plan.level)
    later = found.after({("b", "c"): 0.9}, plan.level)
    assert later.undecided == (("b", "c"),) and "0 of 1 pairs separated" in said("x", later, plan, 2)


def test_a_pair_stays_separated_when_the_other_leads():
    found = Decided().after({("a", "b"): 0.001}, 0.01).after({("b", "a"): 0.9}, 0.01)
    assert found.undecided == () and "1 of 1 pairs" in said("x", found, Plan(10, 20, 50), 2)
