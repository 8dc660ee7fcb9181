"""The main job at full size: what the README's table claims, measured again. Minutes, so marked slow."""

import os
import time

import numpy as np
import pytest
from scipy.stats import ttest_rel

from harness.cli import main
from harness.compare.grouping import compare
from harness.records.derived import load
from harness.records.store import RunStore

pytestmark = [pytest.mark.slow, pytest.mark.trains]


def final_truth(folder, at):
    store = RunStore(folder)
    (comparison,) = compare(load(store))
    return comparison, {m.label: comparison.values(m, "truth", at) for m in comparison.methods}


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("main-job")
    words = ["run", "methods=ngae,arch2vec,random", "bench=nb201", "seeds=10", f"results={folder}"]
    start = time.monotonic()
    assert main(words) == 0
    print(f"cold main job with random: {time.monotonic() - start:.0f} s on {os.cpu_count()} cores")
    return folder, words


@pytest.mark.parametrize("method", ["ngae", "arch2vec"])
def test_both_methods_beat_random_search(study, method):
    comparison, truth = final_truth(study[0], 150)
    difference = truth[method] - truth["random"]
    assert len(difference) == 10
    print(f"{method} - random: {100 * difference.mean():+.3f} points")
    assert difference.mean() > 0
    assert ttest_rel(truth[method], truth["random"]).pvalue < 0.05
    assert truth[method].max() <= comparison.optimum + 1e-12


def test_random_search_is_near_its_expectation(study):
    comparison, truth = final_truth(study[0], 150)
    error = truth["random"].std(ddof=1) / np.sqrt(10)
    assert abs(truth["random"].mean() - comparison.random[149]) < 4 * error


def test_nothing_is_run_again(study, capsys):
    folder, words = study
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")}
    assert main(words) == 0
    first = capsys.readouterr().out
    assert main(["report", f"results={folder}"]) == 0
    assert capsys.readouterr().out == first
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*.json")} == before


def test_one_hot_gp_bo_is_near_the_optimum_after_100_queries_without_noise(tmp_path):
    words = ["run", "methods=one_hot+gp_bo", "protocol=nb201-200ep-mean", "seeds=10", "budget=100"]
    assert main([*words, f"results={tmp_path}"]) == 0
    _, truth = final_truth(tmp_path, 100)
    print(f"one_hot+gp_bo: {100 * truth['one_hot+gp_bo'].mean():.3f} %")
    assert truth["one_hot+gp_bo"].mean() >= 0.9145
