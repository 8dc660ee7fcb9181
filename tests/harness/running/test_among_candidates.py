"""Searches among what a file holds: a line's own, or those of all lines."""

import json

import numpy as np
import pytest

import tabular
from harness.records.run_file import columns
from harness.records.store import RunStore
from harness.study.candidates import digest_of
from tabular.expectation import expected_best

NB201 = tabular.load("nb201").space
HELD = 400


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with points of some cells: FLOPs and noise."""
    folder = tmp_path_factory.mktemp("points")
    rng = np.random.default_rng(0)
    cells = NB201.all()[np.sort(rng.choice(NB201.size, HELD, replace=False))]
    numbers = np.stack([NB201.complexity(cells), rng.normal(size=HELD)], axis=1)
    lines = [f"{text},{a},{b}" for text, (a, b) in zip(NB201.to_strings(cells), numbers, strict=True)]
    (folder / "emb.csv").write_text("\n".join(["key,flops,noise", *lines]))
    return folder


@pytest.fixture(scope="module")
def held(folder):
    return {line.partition(",")[0] for line in (folder / "emb.csv").read_text().splitlines()[1:]}


@pytest.fixture(scope="module")
def line_alone(folder, command):
    """A line that is restricted beside one that is not."""
    words = [f"methods=table:{folder}/emb.csv,random", "seeds=2", "budget=14", "workers=1"]
    return command("run", *words, f"results={folder}/alone", "format=text")


@pytest.fixture(scope="module")
def all_lines(folder, command):
    """All lines among the same."""
    words = [
        f"methods=table:{folder}/emb.csv,random,regularized_evolution,one_hot+gp_bo",
        f"candidates={folder}/emb.csv",
    ]
    told = command("run", *words, "seeds=2", "budget=14", "workers=1", f"results={folder}/all")
    return told


def runs(folder, name):
    """All stored runs by method and seed."""
    return {(run.spec.method, run.spec.seed): run for run in RunStore(folder / name).runs()}


def test_a_table_is_searched_among_what_it_holds_and_nothing_else_changes(folder, held, line_alone):
    assert line_alone.code == 0, line_alone.err
    stored = runs(folder, "alone")
    assert {method for method, _ in stored} == {"table:emb", "random"}
    benchmark = tabular.load("nb201:cifar10")
    for (method, _), run in stored.items():
        asked = set(columns(run)["architecture"])
        assert (asked <= held) == (method == "table:emb")
        assert run.spec.table_digest == benchmark.digest and not run.spec.candidates
        assert run.ledger.filled_in == 0
    starts = [set(stored["table:emb", seed].joined.architectures[:10]) for seed in range(2)]
    assert starts[0] != starts[1]
    assert stored["table:emb", 0].provenance["candidates"] == [HELD, 15_625]
    assert "candidates" not in stored["random", 0].provenance


@pytest.mark.parametrize(("name", "count"), [("alone", 4), ("all", 8)])
def test_labels_are_those_of_the_whole_table_at_the_seed(folder, line_alone, all_lines, command, name, count):
    """What an architecture is answered does not depend on which others may be asked for."""
    command("report", f"results={folder}/{name}", f"out={folder}/written-{name}", "format=all")
    told = command("report", "verify", f"out={folder}/written-{name}")
    said = f"seen, truth and test of {count} runs are what the benchmarks' tables say"
    assert told.code == 0 and said in told.out, told.out


def test_the_table_says_how_many_are_searched_and_that_lines_differ(line_alone):
    words = " ".join(line_alone.out.split())
    assert "table:emb: searches among the 400 of 15,625 architectures that its file holds." in words
    assert "Lines search different candidates" in words
    assert "table:emb: points of a file made elsewhere" in words
    assert "emb.csv: 400 of 15,625 architectures of nb201, 2 columns" in line_alone.err


def test_candidates_restrict_all_lines_to_one_start(folder, held, all_lines):
    assert all_lines.code == 0, all_lines.err
    stored = runs(folder, "all")
    assert len(stored) == 8
    for seed in range(2):
        alike = {tuple(run.joined.architectures[:10]) for (_, own), run in stored.items() if own == seed}
        assert len(alike) == 1
    for run in stored.values():
        assert set(run.joined.architectures) <= held
    words = " ".join(all_lines.out.split())
    assert "All lines search among 400 of 15,625 architectures, which a file names (candidates=, " in words
    assert "Lines search different candidates" not in words and "that its file holds" not in words


def test_optimum_and_random_search_are_those_of_the_candidates(folder, held, all_lines):
    benchmark = tabular.load("nb201:cifar10")
    rows = NB201.keys(NB201.from_strings(sorted(held)))
    (file,) = (folder / "all").glob("*/*/_reference/*.json")
    told = json.loads(file.read_text())
    truth = benchmark.truth()
    assert told["optimum"] == truth[rows].max() < truth.max()
    run = runs(folder, "all")["random", 0]
    assert told["table"] == digest_of(benchmark, run.spec.candidates) != benchmark.digest
    curve = np.array(told["random_truth"]["0"])
    assert len(curve) == 14 and (np.diff(curve) > 0).all()
    assert curve[0] == pytest.approx(truth[rows].mean())


def test_the_expectation_is_that_of_answers_at_the_seed(folder, held, all_lines):
    from harness.running.seeding import noise
    from tabular.answers import answers
    from tests.presets import PROTOCOLS

    benchmark = tabular.load("nb201:cifar10")
    rows = NB201.keys(NB201.from_strings(sorted(held)))
    seen, _ = answers(benchmark, PROTOCOLS["nb201-200ep"], noise("nb201:cifar10", 1))
    (file,) = (folder / "all").glob("*/*/_reference/*.json")
    told = json.loads(file.read_text())["random_truth"]["1"]
    assert told == pytest.approx(expected_best(seen[rows], benchmark.truth()[rows], 14))


def test_free_information_is_marked(folder, command):
    told = command(
        "run", f"methods=zero_cost:{folder}/emb.csv[columns=flops]", "seeds=1", "budget=11", "workers=1",
        f"results={folder}/free",
    )  # fmt: skip
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert "zero_cost:emb[columns=flops]: free information, scores of untrained networks" in words
    listed = " ".join(command("list", "zero_cost").out.split())
    assert "free information" in listed and "zero_cost:FILE[columns=a,b]" in listed


def test_runs_are_found_when_the_file_is_gone_or_elsewhere(folder, line_alone, command, tmp_path):
    (tmp_path / "emb.csv").write_text((folder / "emb.csv").read_text())
    words = ["seeds=2", "budget=14", "workers=1", f"results={folder}/alone"]
    told = command("run", f"methods=table:{tmp_path}/emb.csv,random", *words)
    assert told.code == 0 and "queries" not in told.err  # nothing to do
    (tmp_path / "emb.csv").unlink()
    assert command("run", f"methods=table:{tmp_path}/emb.csv", *words).code == 2
    assert "table:emb" in command("report", f"results={folder}/alone").out


def test_quality_is_measured_among_what_the_file_holds(folder, command):
    told = command(
        "quality", f"methods=table:{folder}/emb.csv,one_hot", "parts=geometry", "seeds=1", "sizes.cells=100",
        "sizes.walks=5", "workers=1", f"results={folder}/quality",
    )  # fmt: skip
    assert told.code == 0, told.err
    words = " ".join(told.out.split())
    assert (
        "table:emb: measured among the 400 of 15,625 architectures that its file holds, tested on " in words
    )
    (file,) = folder.glob("quality/*/quality-geometry/table:emb/*.json")
    record = json.loads(file.read_text())
    assert record["provenance"]["candidates"] == [HELD, 15_625]
    assert record["provenance"]["training_cells"] + record["provenance"]["test_cells"] == HELD
    assert record["numbers"]["moran"] is not None
