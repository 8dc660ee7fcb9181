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
