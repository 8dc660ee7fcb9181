"""What all tests share. Before any package is imported: a cache folder for the session, shape checks."""

import os
import sys
import tempfile
from pathlib import Path

import jaxtyping
import pytest

# Many small torch steps beside other processes: a second thread waits longer than it works.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.pop("COLUMNS", None)  # tables as wide as they need, whoever looks on
ROOT = Path(__file__).resolve().parent.parent
_cache = tempfile.TemporaryDirectory(prefix="nas-harness-tests-")
os.environ["NAS_HARNESS_DATA"] = _cache.name
# pytest puts tests/ on the path, where tests/harness could pass for the package of that name
sys.path.insert(0, str(ROOT))
jaxtyping.install_import_hook("tabular", "beartype.beartype")
SEED_SHIFT = int(os.environ.get("TEST_SEED_SHIFT", "0"))


@pytest.fixture(autouse=True)
def shifted_seeds(request, monkeypatch):
    """Tests marked `trains` draw from other seeds where TEST_SEED_SHIFT is set (see `tests/portable.py`).

    Whatever they seed in the usual three ways is shifted, so that none hangs on one lucky draw.
    """
    if not (SEED_SHIFT and request.node.get_closest_marker("trains")):
        return
    import numpy as np
    import torch

    new_rng, seed_torch = np.random.default_rng, torch.manual_seed

    class Generator(torch.Generator):
        def manual_seed(self, seed):
            return super().manual_seed(seed + SEED_SHIFT)

    monkeypatch.setattr(torch, "Generator", Generator)
    monkeypatch.setattr(torch, "manual_seed", lambda seed: seed_torch(seed + SEED_SHIFT))
    monkeypatch.setattr(
        np.random,
        "default_rng",
        lambda seed=None: new_rng(seed + SEED_SHIFT if isinstance(seed, int) else seed),
    )


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Real benchmark data beside the checkout; never part of it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real data for development is not here: {folder}")
    return folder


@pytest.fixture(scope="session")
def nb201():
    import tabular

    return tabular.load("nb201:cifar10")


@pytest.fixture(scope="session")
def space(nb201):
    return nb201.space


@pytest.fixture(scope="module")
def everything(shared_data, tmp_path_factory):
    """The data folder with every benchmark; nobody changes it."""
    from tests.every_benchmark import every_benchmark

    with every_benchmark(shared_data, tmp_path_factory) as folder:
        yield folder
