"""Installed packages of others, in commands of their own: edited, broken, or named like what is built in."""

import json
import os
import subprocess
import sys

import pytest

PLUGIN = """
from methods.base import Optimizer
from outside.deep.amount import N
class Mine(Optimizer):
    def propose(self, space, representation, observed, n):
        return space.sample(N, self.rng)
"""
BENCHMARK = """
import dataclasses
from outside.deep.amount import N
from tabular.benchmarks import nb201
from tabular.protocols.nb201 import EP200
DATASETS = ("small",)
DEFAULT_PROTOCOL = "outside-1"
PROTOCOLS = (dataclasses.replace(EP200, name="outside-1", benchmark="outside"),)
def load(dataset): return dataclasses.replace(nb201.load("cifar10"), name="outside:small")
"""


class Package:
    """A distribution in a folder of its own that Python looks into, as an editable installation makes it."""

    def __init__(self, folder):
        self.folder = folder
        self.write("outside/__init__.py", "")
        self.write("outside/deep/__init__.py", "")
        self.write("outside/deep/amount.py", "N = 3\n")
        self.write("outside/deep/unused.py", "N = 3\n")
        self.write("outside/plugin.py", PLUGIN)
        self.write("outside/benchmark.py", BENCHMARK)
        self.write("outside-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: outside\nVersion: 1.0\n")

    def write(self, name, text):
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        os.utime(path, (1e9, 1e9))  # the worst case: edits that byte code cannot tell apart

    def offer(self, **groups):
        """Entry points, as `group='name = value'`."""
        lines = [f"[harness.{group}]\n{line}\n" for group, line in groups.items()]
        self.write("outside-1.0.dist-info/entry_points.txt", "\n".join(lines))

    def harness(self, *words):
        environment = {**os.environ, "PYTHONPATH": str(self.folder)}
        line = [sys.executable, "-m", "harness", *words]
        return subprocess.run(
            line, env=environment, cwd=self.folder, capture_output=True, text=True, check=False
        )

    def run(self, methods="outside", *words):
        done = self.harness(
            "run", f"methods={methods}", "seeds=1", "budget=14", "workers=1", "format=csv", *words
        )
        assert done.returncode == 0, done.stderr
        return {path.name for path in self.folder.glob(f"results/*/*/{methods}/*.json")}


@pytest.fixture
def package(tmp_path):
    return Package(tmp_path)


def test_edited_code_of_an_installed_package_runs_anew(package):
    """Whatever module of it the plugin imports; at once, though byte code is told by seconds and size."""
    package.offer(optimizers="outside = outside.plugin:Mine")
    first = package.run()
    package.write("outside/deep/unused.py", "N = 7\n")
    assert package.run() == first
    package.write("outside/deep/amount.py", "N = 7\n")
    second = package.run()
    assert len(second) == 2
    records = [json.loads(path.read_text()) for path in package.folder.glob("results/*/*/outside/*.json")]
    assert {record["counts"]["proposed"] for record in records} == {12, 28}  # 4 queries
    package.write("outside/deep/amount.py", "N = 3\n")
    assert package.run() == second


def test_edited_code_of_an_installed_benchmark_runs_anew(package):
    package.offer(benchmarks="outside = outside.benchmark")
    assert len(package.run("random", "bench=outside")) == 1
    package.write("outside/deep/amount.py", "N = 7\n")
    assert len(package.run("random", "bench=outside")) == 2


RAISES = {
    "at import": "raise TypeError('broken\\nindeed')",
    "in a class": "class A:\n    x = 1 / 0",
    "exit": "import os; os._exit(4)",
    "empty": "",
}


@pytest.mark.parametrize("case", RAISES)
def test_a_broken_package_is_a_line_and_harms_nobody(package, case):
    package.write("outside/broken.py", RAISES[case])
    package.offer(**{f"{kind}s": "broken = outside.broken" for kind in ("representation", "optimizer")})
    listed = package.harness("list")
    assert listed.returncode == 0 and "broken" not in listed.stdout and "gp_bo" in listed.stdout
    assert listed.stderr.count("\n") == 2 and listed.stderr.count("outside.broken") == 2, listed.stderr
    package.offer(benchmarks="broken = outside.broken")
    listed = package.harness("list")
    assert listed.returncode == 0 and "broken" not in listed.stdout and "nb201" in listed.stdout
    assert listed.stderr.count("\n") == 1 and listed.stderr.count("outside.broken") == 1, listed.stderr


def test_others_run_beside_a_broken_package(package):
    package.write("outside/broken.py", "raise TypeError('broken')")
    line = "broken = outside.broken"
    package.offer(representations=line, optimizers=line, benchmarks=line)
    assert package.run("random")
    for words in (["methods=broken"], ["methods=random", "bench=broken"], ["methods=gp_bo"]):
        asked = package.harness("run", *words)
        assert asked.returncode == 2 and "outside.broken" in asked.stderr, asked.stderr
        assert "Traceback" not in asked.stderr


def test_a_name_that_is_built_in_stays_that(package):
    package.offer(
        optimizers="random = outside.plugin:Mine\nngae-noc = outside.plugin:Mine\na+b = outside.plugin:Mine",
        representations="gp_bo = outside.plugin:Mine",
        benchmarks="nb201 = outside.benchmark",
    )
    listed = package.harness("list")
    assert listed.returncode == 0 and listed.stderr.count("\n") == 5, listed.stderr
    assert listed.stderr.count("carries a name that is taken: it is left out") == 4
    assert "of outside 1.0" in listed.stderr and "'a+b' cannot be a name" in listed.stderr
    assert len(package.run("random")) == 1
    done = package.harness("run", "methods=random", "seeds=1", "budget=14", "workers=1", "existing=redo")
    assert done.returncode == 0 and done.stderr.count("optimizers) of outside 1.0 carries a name") == 2
