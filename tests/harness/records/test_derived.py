"""The derived cache: the same answers as without it, whatever happens to it or to the files."""

import json
import shutil

import numpy as np
import pytest

from harness.records import derived
from harness.records.curves import COLUMNS
from harness.records.derived import load
from harness.records.store import RunStore
from tabular.table_file import data_folder
from tests.harness.edits import rewrite


@pytest.fixture
def folder(stored, tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    shutil.copytree(stored[0], tmp_path / "results")
    return tmp_path / "results"


@pytest.fixture
def reads(monkeypatch):
    """Names of the run files that are read."""
    names, parse = [], RunStore.parse

    def counted(self, path):
        names.append(path.name)
        return parse(self, path)

    monkeypatch.setattr(RunStore, "parse", counted)
    return names


def same(one, other) -> bool:
    """Whether two readings of a folder hold the same."""
    plain = ("path", "key", "method", "configuration", "counts", "provenance", "fronts")
    for first, second in zip(one.done, other.done, strict=True):
        if any(getattr(first, name) != getattr(second, name) for name in plain):
            return False
        if first.spec.identity() != second.spec.identity() or first.spec.key != first.key:
            return False
        if vars(first.timing) != vars(second.timing):
            return False
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(first.curve, name), getattr(second.curve, name))
    assert [vars(each) for each in one.failed] == [vars(each) for each in other.failed]
    known = [{place: each.content() for place, each in of.references.items()} for of in (one, other)]
    assert known[0] == known[1] and len(known[0]) == 1
    return True


def cache() -> list:
    return sorted((data_folder() / "reports").rglob("index.json"))


def test_the_second_reading_reads_no_run(folder, reads):
    first = load(RunStore(folder))
    assert len(first.done) == len(reads) == 12
    second = load(RunStore(folder))
    assert len(reads) == 12 and same(first, second)
    assert [run.path for run in first.done] == [run.path for run in second.done]


def test_only_what_is_new_or_changed_is_read_again(folder, reads):
    load(RunStore(folder))
    reads.clear()
    (changed,) = folder.glob("*/*/random/1-*.json")
    text = changed.read_text()
    content = json.loads(text)
    content["counts"]["fallback"] = 7
    rewrite(changed, content)
    (gone,) = folder.glob("*/*/random/2-*.json")
    gone.unlink()
    found = load(RunStore(folder))
    assert reads == [changed.name] and len(found.done) == 11
    assert [run.counts["fallback"] for run in found.done if run.path == changed] == [7]
    changed.write_text(text)
    assert len(load(RunStore(folder)).done) == 11 and len(reads) == 2


@pytest.mark.parametrize("damage", ["", "{", '{"version": 3}', "arrays", "folder"])
def test_a_damaged_cache_is_made_again(folder, reads, damage):
    whole = load(RunStore(folder))
    (index,) = cache()
    if damage == "arrays":
        next(index.parent.glob("*.npy")).write_bytes(b"no array")
    elif damage == "folder":
        shutil.rmtree(index.parent)
    else:
        index.write_text(damage)
    reads.clear()
    assert same(load(RunStore(folder)), whole) and len(reads) == 12
    reads.clear()
    assert same(load(RunStore(folder)), whole) and not reads


def test_another_version_of_the_code_reads_everything(folder, reads, monkeypatch):
    load(RunStore(folder))
    reads.clear()
    monkeypatch.setattr(derived, "version", lambda: "another")
    load(RunStore(folder))
    assert len(reads) == 12


def test_a_cache_that_cannot_be_written_is_no_obstacle(folder, reads, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "file"))
    for _ in range(2):
        assert len(load(RunStore(folder)).done) == 12
    assert len(reads) == 24


def test_folders_do_not_share_a_cache(folder, tmp_path, reads):
    shutil.copytree(folder, tmp_path / "other")
    load(RunStore(folder))
    load(RunStore(tmp_path / "other"))
    assert len(reads) == 24 and len(cache()) == 2


def test_failed_runs_are_kept_apart(folder):
    (path,) = folder.glob("*/*/random/3-*.json")
    content = json.loads(path.read_text())
    content.update(status="failed", ledger={}, counts={}, traceback="Traceback\nValueError: too hot\n")
    rewrite(path.with_suffix(".failed.json"), content)
    path.unlink()
    for _ in range(2):
        found = load(RunStore(folder))
        (failed,) = found.failed
        assert (failed.method, failed.seed, failed.problem) == ("random", 3, "ValueError: too hot")
        assert len(found.done) == 11


def test_a_failed_repetition_of_a_done_run_is_no_failed_run(folder):
    (path,) = folder.glob("*/*/random/3-*.json")
    content = json.loads(path.read_text())
    content.update(status="failed", ledger={}, counts={}, traceback="ValueError: too hot\n")
    rewrite(path.with_suffix(".failed.json"), content)
    found = load(RunStore(folder))
    assert found.failed == [] and len(found.done) == 12


def test_a_damaged_run_is_named_with_and_without_a_cache(folder):
    load(RunStore(folder))
    (path,) = folder.glob("*/*/random/1-*.json")
    path.write_text(path.read_text()[:-50])
    name = path.relative_to(folder).as_posix()
    for _ in range(2):
        stored = load(RunStore(folder))
        assert len(stored.done) == 11 and stored.left_out.names == {"not whole": [name]}


def test_other_files_and_folders_are_no_runs(folder):
    (folder / "nb201-cifar10/nb201-200ep/random/notes.txt").write_text("x")
    (folder / "nb201-cifar10/nb201-200ep/random/.0-half.json.1.tmp").write_text("x")
    (folder / "nb201-cifar10/readme.json").write_text("x")
    assert len(load(RunStore(folder)).done) == 12
