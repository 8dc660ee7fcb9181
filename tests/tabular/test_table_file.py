"""Files are written whole or not at all; what is not a cache is on the disk before it has its name."""

import os
from pathlib import Path

import pytest

from tabular.table_file import write_atomically


@pytest.fixture
def order(monkeypatch):
    """What was asked of the system, in order: names of synced files and folders, and of renamed files."""
    asked = []
    sync, rename = os.fsync, Path.replace

    def fsync(number):
        asked.append(("sync", Path(os.readlink(f"/proc/self/fd/{number}")).name))
        sync(number)

    def replace(self, target):
        asked.append(("rename", Path(target).name))
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", fsync)
    monkeypatch.setattr(Path, "replace", replace)
    return asked


def test_a_file_is_synced_before_it_is_renamed_and_its_folder_after(tmp_path, order):
    write_atomically(tmp_path / "new/run.json", b"{}")
    assert order == [("sync", f".run.json.{os.getpid()}.tmp"), ("rename", "run.json"), ("sync", "new")]
    assert (tmp_path / "new/run.json").read_bytes() == b"{}"


def test_a_cache_does_not_wait_for_the_disk(tmp_path, order):
    write_atomically(tmp_path / "cache", b"{}", durable=False)
    assert order == [("rename", "cache")]


def test_a_failure_names_the_file_and_leaves_nothing(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/inside").touch()
    with pytest.raises(OSError, match="folder") as problem:
        write_atomically(tmp_path / "folder", b"{}")
    assert problem.value.filename == str(tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
