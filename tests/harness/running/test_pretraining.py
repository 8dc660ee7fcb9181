"""Pre-training: once for all that share it, cached by content, and never part of the results."""

import pytest

from harness.records.run_file import columns
from harness.running.pretraining import cache_path, is_cached, pretrained
from harness.running.runner import run
from harness.study.registry import Registry

PLUGIN = '''"""A representation that counts how often it is pre-trained."""

from dataclasses import dataclass

import torch

from methods.base import Pretrainable, Representation, describe

LOG = {log!r}


class Counting(Representation, Pretrainable):
    default_optimizer = "needy"

    @dataclass(frozen=True)
    class Hyper:
        width: int = describe(2, "columns", "made up")

    def fit(self, space, observed):
        assert hasattr(self, "weights")

    def encode(self, cells):
        return torch.from_numpy(cells.ops.astype("float32")) @ self.weights

    def pretrain(self, space, labels, watch):
        assert labels is None
        with open(LOG, "a") as file:
            file.write("x")
        self.weights = torch.from_numpy(self.rng.random((8, self.hyper.width)).astype("float32"))
        return {{"reconstructed_percent": 50.0}}

    def state(self):
        return {{"weights": self.weights}}

    def restore(self, space, state):
        self.weights = state["weights"]
'''


NEEDY = '''"""An optimizer whose choice depends on the latent points."""

from methods.base import Optimizer, Representation


class Needy(Optimizer):
    needs = (Representation,)

    def propose(self, space, representation, observed, n):
        cells = space.sample(20, self.rng)
        return cells[representation.encode(cells).sum(dim=1).argsort().numpy()]
'''


@pytest.fixture
def counting(tmp_path, monkeypatch):
    """Plugin files, and how often the representation was pre-trained so far."""
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    file, needy, log = tmp_path / "counting.py", tmp_path / "needy.py", tmp_path / "log"
    file.write_text(PLUGIN.format(log=str(log)))
    needy.write_text(NEEDY)
    return (file, needy), lambda: len(log.read_text()) if log.exists() else 0


WORDS = ["methods=counting", "budget=12"]


def test_the_cache_is_filled_once_and_read_back(study, counting):
    files, times = counting
    registry = Registry(files)
    (spec,) = study(*WORDS, "seeds=1", plugins=files)
    assert not is_cached(spec.model, registry)
    state, facts = pretrained(spec.model, registry)
    assert is_cached(spec.model, registry) and times() == 1
    again, stored_facts = pretrained(spec.model, registry)
    assert times() == 1
    assert (again["weights"] == state["weights"]).all() and stored_facts == facts
    assert facts["reconstructed_percent"] == 50.0 and facts["seconds"] >= 0


@pytest.mark.parametrize("content", [None, b"", b"garbage", "cut"])
def test_a_lost_or_damaged_cache_changes_no_result(study, counting, content):
    files, times = counting
    registry = Registry(files)
    (spec,) = study(*WORDS, "seeds=1", plugins=files)
    first = run(spec, registry, lambda *_: None)
    path = cache_path(spec.model, registry)
    if content is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:-3] if content == "cut" else content)
    second = run(spec, registry, lambda *_: None)
    assert times() == 2
    assert (columns(first), first.spec.key) == (columns(second), second.spec.key)
    third = run(spec, registry, lambda *_: None)  # the cache was mended
    assert times() == 2 and columns(third) == columns(first)


def test_the_model_depends_on_hyper_parameters_and_seed_not_on_labels(study, counting):
    files, _ = counting
    registry = Registry(files)

    def path(*words):
        return cache_path(study(*WORDS, *words, plugins=files)[0].model, registry)

    base = path("seeds=1")
    assert path("seeds=5..5") == base  # shared by all seeds
    assert path("seeds=1", "bench=nb201:cifar100") == base  # the same space
    assert path("seeds=1", "protocol=nb201-200ep-mean") == base
    assert path("seeds=1", "counting.width=3") != base
    assert path("seeds=1", "pretrain_seed=per-seed") != base
    files[0].write_text(files[0].read_text() + "# edited\n")
    registry = Registry(files)
    assert path("seeds=1") != base


def test_runs_that_share_a_model_train_it_once(command, counting, tmp_path):
    files, times = counting
    words = ["run", *WORDS, f"plugins={files[0]},{files[1]}", "seeds=3", "workers=2"]
    outcome = command(*words, f"results={tmp_path / 'a'}")
    assert outcome.code == 0, outcome.err
    assert times() == 1
    assert "one model shared by all seeds" in " ".join(outcome.out.split())
    assert command(*words, "existing=redo", f"results={tmp_path / 'a'}").code == 0
    assert times() == 1


def test_an_unwritable_cache_still_works(study, counting, tmp_path, monkeypatch):
    files, times = counting
    (tmp_path / "file").touch()
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "file" / "data"))
    (spec,) = study(*WORDS, "seeds=1", plugins=files)
    registry = Registry(files)
    first, second = (run(spec, registry, lambda *_: None) for _ in range(2))
    assert columns(first) == columns(second) and times() == 2
