"""Methods that are degenerate on a benchmark, in rankings across benchmarks: shown, and not ranked."""

import csv
import io
import json

import pytest

from tests.harness.lines import FAIR, GOOD, LEADER, Handmade, at, words_of

BENCHMARKS = [f"nb201:{name}" for name in ("cifar10", "cifar100")] + [f"toy{n}:a" for n in range(4)]
SHARED = {"good": GOOD, "fair": FAIR, "poor": Handmade(at(0.6))}


@pytest.fixture
def six(handmade):
    """Six benchmarks with three methods, and two that are degenerate: on one of them, on all but one."""

    def make(shared=SHARED):
        for place, benchmark in enumerate(BENCHMARKS):
            some = LEADER if place == 1 else Handmade(at(0.85))
            most = {"leader": LEADER} if place else {}
            store = handmade({**shared, "some": some, **most}, benchmark=benchmark)
        return store.folder

    return make


def test_a_ranking_across_benchmarks_is_without_them(command, six):
    outcome = command("report", "across=true", f"results={six()}")
    assert outcome.code == 0 and outcome.err == ""
    text = outcome.out
    lines = [line.split() for line in text.splitlines()]
    assert ["good", "1.00", "*", "0.33", "6"] in lines  # (.95 - .803) / (.95 - .5)
    head, _, rest = text.partition("Mean truth (%)")
    names = [line.split("  ")[0] for line in head.splitlines() if line and line[0].isalpha()]
    assert names[1:] == [
        "good", "fair", "poor", "leader †", "degenerate on 5 of 6", "some †", "degenerate on 1 of 6",
    ]  # fmt: skip
    assert "Across benchmarks: 3 methods on 6 benchmarks" in text
    (row,) = [line.split() for line in rest.splitlines() if line.startswith("nb201:cifar100 ")]
    assert row == [
        "nb201:cifar100",
        "80.30",
        "(1)",
        "70.30",
        "(2)",
        "60.30",
        "(3)",
        "90.30",
        "†",
        "90.30",
        "†",
    ]
    (row,) = [line.split() for line in rest.splitlines() if line.startswith("nb201:cifar10 ")]
    assert row[-2:] == ["-", "85.30"]  # of one no runs, of the other no rank
    notes_ = words_of(text)
    assert "leader is not ranked: no runs on nb201:cifar10." in notes_
    assert (
        "Degenerate on a benchmark or more, and so not ranked on any: leader (97 % random fill-in on"
        in notes_
    )
    assert "some (97 % random fill-in on nb201:cifar100)." in notes_


def test_rows_of_the_ranking_say_so(command, six):
    folder = six()
    content = json.loads(command("report", "across=true", f"results={folder}", "format=json").out)
    mine = [row for row in content["rows"] if row["method"] == "some"]
    assert len(mine) == 6 and all(row["rank"] is None and row["mean_rank"] is None for row in mine)
    assert [row["benchmark"] for row in mine if row["degenerate"]] == ["nb201:cifar100"]
    assert content["rows"][-6:] == mine and not any(row["degenerate"] for row in content["rows"][:18])
    assert content["degenerate"]["some"] == {"nb201:cifar100": "97 % random fill-in"}
    assert set(content["degenerate"]["leader"]) == set(BENCHMARKS[1:])
    assert set(content["nemenyi_p"]) == set(SHARED) and content["not_ranked"] == {"leader": ["nb201:cifar10"]}
    texts = list(
        csv.DictReader(io.StringIO(command("report", "across=true", f"results={folder}", "format=csv").out))
    )
    assert len(texts) == 18 + 5 + 6 and texts[-1]["rank"] == ""


def test_too_few_ranked_methods_are_refused_with_the_reason(command, six):
    outcome = command("report", "across=true", f"results={six({'good': GOOD, 'fair': FAIR})}")
    assert outcome.code == 2
    assert "needs at least 3 methods with runs on all of them, found 2" in outcome.err
    assert "some (97 % random fill-in on nb201:cifar100)" in outcome.err


@pytest.mark.slow
def test_a_written_ranking_is_verified(command, six, tmp_path):
    words = [f"results={six()}", f"out={tmp_path / 'out'}", "across=true"]
    assert command("report", *words, "format=all").code == 0
    outcome = command("report", "verify", f"out={tmp_path / 'out/across'}")
    assert outcome.code == 0, outcome.err
