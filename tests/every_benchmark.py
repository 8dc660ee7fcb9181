"""One data folder for a test session, with every benchmark imported into it from its real file.

Shared by the processes of a session, since the import takes a minute (NAS-Bench-101's module hashes 40 s of
it); tests read it and never change it.
"""

import contextlib
import functools
import io
import os
import pickle
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import jaxtyping
import pytest
from filelock import FileLock  # torch brings it

import tabular.catalogue
from harness import cli
from tabular.sources import enas_surrogate
from tests.tabular.nb201_files import hardware_content

FOLDER = "every-benchmark"


def imports(shared_data: Path, hardware: Path) -> dict[str, Path]:
    """What is imported, as `harness data import NAME FILE`: the real files, but for a pickle made of them."""
    return {
        "nb201": shared_data / "nb201.parquet",
        "hwnasbench": hardware,
        "enas": shared_data / "enas" / "final_structures6.txt",
        "macro": shared_data / "macro" / "nas-bench-macro_cifar10.json",
        "transnas-micro": shared_data / "transnasbench101_micro.parquet",
        "transnas-macro": shared_data / "transnasbench101_macro.parquet",
        "nb301": shared_data / "nb301",
        "nb101-run0": shared_data / "nb101" / "obfunas_test.npy",
        "nb101-30k": shared_data / "nb101",
    }


@contextlib.contextmanager
def data_folder(folder: Path) -> Iterator[Path]:
    """Benchmarks are read from `folder`, and shape checks, which slow many small calls, are off."""
    before = os.environ["NAS_HARNESS_DATA"]
    os.environ["NAS_HARNESS_DATA"] = str(folder)
    jaxtyping.config.update("jaxtyping_disable", True)
    tabular.catalogue.load.cache_clear()
    try:
        yield folder
    finally:
        os.environ["NAS_HARNESS_DATA"] = before
        jaxtyping.config.update("jaxtyping_disable", False)
        tabular.catalogue.load.cache_clear()


@contextlib.contextmanager
def every_benchmark(shared_data: Path, temporary: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder with everything imported, in force while the context lasts."""
    for extra in ("onnxruntime", "pyarrow"):
        pytest.importorskip(extra, reason="importing every benchmark needs the extras nb301 and parquet")
    with data_folder(_filled(shared_data, temporary)) as folder:
        yield folder


def _filled(shared_data: Path, temporary: pytest.TempPathFactory) -> Path:
    """The session's folder, filled by whoever comes first."""
    base = temporary.getbasetemp()
    session = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    folder = session / FOLDER
    with FileLock(session / f"{FOLDER}.lock"):
        if not folder.is_dir():
            making = session / f"{FOLDER}.making"
            shutil.rmtree(making, ignore_errors=True)  # of one who failed
            _import_all(shared_data, making)
            making.rename(folder)
    return folder


def _import_all(shared_data: Path, folder: Path) -> None:
    folder.mkdir()
    hardware = folder / "HW-NAS-Bench-v1_0.pickle"
    hardware.write_bytes(pickle.dumps(hardware_content(shared_data)))
    # Two folds in place of five choose the same penalty, so the same surrogate, in two thirds of the time.
    with data_folder(folder), mock.patch.object(enas_surrogate, "FOLDS", 2):
        for name, path in imports(shared_data, hardware).items():
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                code = cli.main(["data", "import", name, str(path)])
            assert code == 0, said.getvalue()


@functools.cache
def parquet(path: Path):
    """A table of the shared data."""
    import pandas as pd

    return pd.read_parquet(path)
