"""The committed runs and the report made from them: the same to the byte, sane, and what the README says."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from harness.compare.grouping import compare
from harness.records.derived import load
from harness.records.store import RunStore
from harness.stats.summary import t_quantile

ROOT = Path(__file__).parents[3]
RUNS, REPORT = ROOT / "results/reference", ROOT / "reports/reference"
DATASETS = ("cifar10", "cifar100", "imagenet16-120")


@pytest.fixture(scope="module")
def comparisons():
    store = RunStore(RUNS)
    return {each.benchmark.partition(":")[2]: each for each in compare(load(store))}


@pytest.fixture(scope="module")
def manifest():
    return json.loads((REPORT / "report.json").read_text())


@pytest.mark.slow
def test_the_report_is_the_same_to_the_byte(tmp_path):
    (tmp_path / "results").symlink_to(ROOT / "results")
    words = ["results=results/reference", "out=reports/reference", "format=all"]
    line = [sys.executable, "-m", "harness", "report", *words]
    subprocess.run(line, cwd=tmp_path, check=True, capture_output=True)
    made = tmp_path / "reports/reference"
    names = {path.relative_to(made) for path in made.rglob("*") if path.is_file()}
    assert names == {path.relative_to(REPORT) for path in REPORT.rglob("*") if path.is_file()}
    assert [str(n) for n in sorted(names) if (made / n).read_bytes() != (REPORT / n).read_bytes()] == []


@pytest.mark.slow
def test_every_number_is_what_the_runs_give():
    line = [sys.executable, "-m", "harness", "report", "verify", f"out={REPORT}"]
    done = subprocess.run(line, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("method", ["random", "regularized_evolution", "local_search"])
def test_the_same_line_makes_the_same_runs(command, run_files, tmp_path, method):
    """Methods that train nothing: their files are the committed ones on every machine, but for provenance."""
    words = [f"methods={method}", "bench=nb201:cifar100", "seeds=2", f"results={tmp_path}"]
    assert command("run", *words).code == 0
    mine = {name: lines for name, lines in run_files(tmp_path).items() if "_reference" not in name}
    stored = run_files(RUNS / "nb201-cifar100")
    assert len(mine) == 2
    for name, lines in mine.items():
        assert _without_digest(stored[name.removeprefix("nb201-cifar100/")]) == _without_digest(lines)


def _without_digest(lines: list[str]) -> list[str]:
    """Which is of the provenance too."""
    return [line for line in lines if not line.startswith('"digest"')]


def test_all_methods_ran_on_all_datasets_with_ten_seeds_at_least(comparisons, manifest):
    assert set(comparisons) == set(DATASETS)
    methods = {name: [each.label for each in found.methods] for name, found in comparisons.items()}
    assert len(methods["cifar10"]) >= 20 and all(each == methods["cifar10"] for each in methods.values())
    for found in comparisons.values():
        assert found.protocol.hash == "71646e2b" and found.budget == 150 and not found.failed
        assert all(method.seeds in (list(range(10)), list(range(20))) for method in found.methods)
        for method in found.methods:
            assert len({run.provenance["code"] for run in method.runs}) == 1
            assert not any(run.provenance["dirty"] for run in method.runs)
    assert [each["benchmark"] for each in manifest["comparisons"]] == [f"nb201:{name}" for name in DATASETS]


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_optimum_is_never_exceeded(comparisons, dataset):
    found = comparisons[dataset]
    best = max(run.curve.truth.max() for method in found.methods for run in method.runs)
    assert best <= found.optimum + 1e-12


@pytest.mark.parametrize("dataset", DATASETS)
def test_random_search_meets_its_exact_expectation(comparisons, dataset):
    """Within a 99.9 % t interval of the mean at every point shown."""
    found = comparisons[dataset]
    (random,) = [method for method in found.methods if method.label == "random"]
    for at in (25, 50, 100, 150):
        values = found.values(random, "truth", at)
        error = values.std(ddof=1) / np.sqrt(len(values))
        assert abs(values.mean() - found.random[at - 1]) < t_quantile(0.9995, len(values) - 1) * error


def rows_of(text: str, columns: int) -> dict[str, list[str]]:
    """Rows of the README's table of all methods."""
    lines = [line for line in text.splitlines() if line.startswith("|") and line.count("|") == columns + 2]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {re.sub("[*`]", "", row[0]): row[1:] for row in cells}


def test_the_readme_shows_the_reports_numbers(manifest):
    text = (ROOT / "README.md").read_text()
    shown = rows_of(text.partition("## All methods on NAS-Bench-201")[2].partition("\n## ")[0], 3)
    checked = 0
    for column, comparison in enumerate(manifest["comparisons"]):
        for name, *cells in comparison["tables"]["curve"]["rows"]:
            told, interval, mark, _ = cells[-1]
            mean = told.partition(" ")[0]
            expected = f"{mean} {interval}".strip()
            expected = f"**{mean}** {interval}" if mark == "best" else expected
            expected += " ≈" if mark == "tied" else ""
            assert shown[name][column] == expected, (name, column)
            checked += 1
    assert checked == 3 * (len(shown) - 1 - 1)  # without header and rule


def test_the_readme_shows_the_table_of_the_main_job(command):
    text = (ROOT / "README.md").read_text()
    block = text.partition("## The table it prints")[2].partition("…")[0]
    shown = [line[4:] for line in block.splitlines() if line.startswith("    ")]
    words = [f"results={RUNS}", "bench=nb201", "methods=ngae,arch2vec", "seeds=10"]
    printed = [line for line in command("report", *words).out.splitlines() if line]
    assert len([line for line in shown if re.match(r"\w", line)]) >= 6
    assert "\n".join(shown).strip() in "\n".join(printed)


def test_the_figures_and_files_the_readme_links_exist():
    text = (ROOT / "README.md").read_text()
    links = re.findall(r"\]\(([^)#]+)\)", text)
    assert any(link.startswith("reports/reference") for link in links)
    for link in links:
        if "://" not in link:
            assert (ROOT / link).exists(), link
