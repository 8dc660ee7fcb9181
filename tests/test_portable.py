"""`make portable` finds tests that hang on digits or on one seed, and says which."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from tests import portable

SHIFT = int(os.environ.get("TEST_SEED_SHIFT", "0"))
HANGS_ON_DIGITS = """
import os
def test_sturdy(): pass
def test_hangs(): assert os.environ.get("OPENBLAS_CORETYPE") != "Zen"
"""


def draws():
    """First draw after seed 3 in the three ways that tests seed."""
    torch.manual_seed(3)
    generator = torch.Generator().manual_seed(3)
    return np.random.default_rng(3).random(), torch.rand(1).item(), torch.rand(1, generator=generator).item()


def expected(seed):
    state = torch.get_rng_state()
    torch.default_generator.manual_seed(seed)
    drawn = torch.rand(1).item()
    torch.set_rng_state(state)
    return np.random.Generator(np.random.PCG64(seed)).random(), drawn, drawn


@pytest.mark.trains
def test_seeds_of_marked_tests_are_shifted():
    assert draws() == expected(3 + SHIFT)


def test_seeds_of_other_tests_are_not():
    assert draws() == expected(3)


@pytest.mark.skipif(SHIFT > 0, reason="is the shifted process")
def test_seeds_are_shifted_where_the_variable_says_so(root):
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-k", "seeds_of", __file__],
        cwd=root, env={**os.environ, "TEST_SEED_SHIFT": "7"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert "2 passed" in done.stdout, done.stdout


def test_failures_are_named_by_setting_and_counted_once(tmp_path, monkeypatch, capsys):
    file = tmp_path / "test_it.py"
    file.write_text(HANGS_ON_DIGITS)
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Zen")  # what is set outside does not count
    zen, other = {"OPENBLAS_CORETYPE": "Zen"}, {"ATEN_CPU_CAPABILITY": "avx2"}
    monkeypatch.setattr(portable, "SHORT", (other, zen, zen))
    words = ["short", "-n", "0", "-m", "", f"--rootdir={tmp_path}", str(file)]
    assert portable.main(words) == 1
    first, second, name, *_, last = capsys.readouterr().out.splitlines()
    assert first.startswith("ATEN_CPU_CAPABILITY=avx2: 2 passed")
    assert second.startswith("OPENBLAS_CORETYPE=Zen: 1 failed, 1 passed")
    assert name.strip().endswith("test_it.py::test_hangs") and last == "1 tests failed under some setting"
    monkeypatch.setattr(portable, "SHORT", (other,))
    assert portable.main(words) == 0
    assert portable.main([*words, "-k", "no such test"]) == 1  # nothing was run
