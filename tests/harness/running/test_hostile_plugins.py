"""Plugins that misbehave cost their own runs and nothing else."""

import json

import pytest

from harness.cli import main

HEAD = """from methods.base import Optimizer, Representation
import numpy as np, sys
from tabular.cells import Cells
"""
OPTIMIZER = (
    HEAD + "class Mine(Optimizer):\n    def propose(self, space, representation, observed, n):\n        "
)

BAD = {
    "exits": ("sys.exit(3)", "SystemExit: 3"),
    "nothing": ("return None", "proposed NoneType, not Cells"),
    "writes": ("space.all().ops[:] = 3", "read-only"),
}


def run(tmp_path, text, *words):
    (tmp_path / "mine.py").write_text(text)
    common = [f"plugins={tmp_path / 'mine.py'}", f"results={tmp_path / 'r'}", "budget=14", "workers=1"]
    return main(["run", "seeds=1", "format=json", *common, *words])


@pytest.mark.parametrize("case", BAD)
def test_failure_is_stored_and_the_others_finish(tmp_path, capsys, case):
    body, message = BAD[case]
    assert run(tmp_path, OPTIMIZER + body, "methods=mine,random") == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["method"] for row in rows} == {"random"}
    (failed,) = (tmp_path / "r").rglob("*.failed.json")
    assert message in json.loads(failed.read_text())["traceback"]


def test_cells_of_another_width_are_invalid_and_random_fills_in(tmp_path, capsys):
    body = "return Cells(np.zeros((1, 9, 9), dtype=bool), np.zeros((1, 9), dtype=np.int8))"
    assert run(tmp_path, OPTIMIZER + body, "methods=mine") == 0
    (path,) = (path for path in (tmp_path / "r").rglob("*.json") if "_reference" not in str(path))
    counts = json.loads(path.read_text())["counts"]
    assert counts["invalid"] == counts["proposed"] == 40 and counts["fallback"] == 4


def test_what_a_plugin_prints_stays_off_stdout(tmp_path, capfd):
    body = "print('noise')\n        return space.sample(1, self.rng)"
    assert run(tmp_path, OPTIMIZER + body, "methods=mine") == 0
    json.loads(capfd.readouterr().out)


def test_a_batch_below_one_is_refused(tmp_path):
    text = OPTIMIZER + "return space.sample(1, self.rng)\n    batch = 0\n"
    assert run(tmp_path, text, "methods=mine") == 1


@pytest.mark.parametrize(("value", "message"), [("0.0", "same latent point"), ("float('nan')", "not finite")])
def test_gp_bo_refuses_points_it_cannot_use(tmp_path, value, message):
    text = HEAD + (
        "import torch\nclass Mine(Representation):\n    def fit(self, space, observed): pass\n"
        f"    def encode(self, cells): return torch.full((len(cells), 2), {value})\n"
    )
    assert run(tmp_path, text, "methods=mine+gp_bo") == 1
    (failed,) = (tmp_path / "r").rglob("*.failed.json")
    assert message in json.loads(failed.read_text())["traceback"]
