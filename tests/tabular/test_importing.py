"""Imports: checksums, gaps, damage, full disks; whole tables or none, and earlier ones untouched."""

import dataclasses
import hashlib
import os
import subprocess
import sys

import numpy as np
import pytest

from tabular.data import tables
from tabular.data.choosing import choose
from tabular.data.importing import import_file
from tabular.data.source import Download, Source, identify
from tabular.data.tables import read_passport, read_table, require_table, table_path, write_tables
from tabular.errors import HarnessError
from tests.tabular.telling import quiet

CONTENT = b"a publisher's file"
SHA = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT, usedforsecurity=False).hexdigest()


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "toy.bin"
    path.write_bytes(CONTENT)
    return path


def columns(rows=40, gaps=()):
    valid = np.random.default_rng(rows).random((rows, 3))
    valid[list(gaps)] = np.nan
    return {"valid@200": valid, "seconds@200": 100 * valid, "hash": np.arange(rows, dtype=np.uint8)}


def source(found=None, **fields):
    found = found or columns()
    basic = {
        "name": "toy",
        "pattern": "toy*.bin",
        "about": "a toy",
        "licence": "MIT",
        "convert": lambda path, tell: {"toy:one": found, "toy:two": found},
        "page": "https://example.org",
        "sha256": SHA,
        "note": "Made up.",
    }
    return Source(**{**basic, **fields})


def leftovers(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file() and path.name.startswith("."))


def test_what_was_imported_is_read_back_with_its_passport(data, file):
    told = []
    written = import_file(source(), file, unverified=False, tell=told.append)
    assert [path.name for path in written] == ["toy-one.safetensors", "toy-two.safetensors"]
    found, passport = read_table("toy:one")
    for name, values in columns().items():
        np.testing.assert_array_equal(found[name], values)
        assert found[name].dtype == values.dtype and not found[name].flags.writeable
    assert passport["source"] == "toy.bin" and passport["source_sha256"] == SHA
    assert (passport["verified"], passport["licence"], passport["note"]) == ("yes", "MIT", "Made up.")
    assert read_passport("toy:one")["columns"] == "hash seconds@200 valid@200"
    assert told == sorted(told) and told[-1] == 1.0
    assert written[0].stat().st_mode & 0o044  # others of a laboratory can read it


@pytest.mark.parametrize("wrong", [{"sha256": "0" * 64}, {"sha256": "", "md5_ends": "ffffff"}])
def test_a_wrong_checksum_is_refused_unless_told(data, file, wrong):
    with pytest.raises(HarnessError, match=r"is not the published file: its (sha256|md5) .*unverified=true"):
        import_file(source(**wrong), file, unverified=False, tell=quiet)
    assert not data.exists() or not [*data.rglob("*.safetensors")]
    import_file(source(**wrong), file, unverified=True, tell=quiet)
    passport = read_table("toy:one")[1]
    assert passport["verified"].startswith("no: its ")
    assert passport["note"].startswith("UNVERIFIED data: its ") and passport["note"].endswith("Made up.")


def test_the_end_of_an_md5_is_a_checksum(data, file):
    import_file(source(sha256="", md5_ends=MD5[-6:]), file, unverified=False, tell=quiet)
    assert read_table("toy:one")[1]["verified"] == "yes"


def test_without_a_published_checksum_the_passport_says_so(data, file):
    import_file(source(sha256=""), file, unverified=False, tell=quiet)
    assert read_table("toy:one")[1]["verified"] == "no checksum is published"


def test_files_of_a_folder_have_checksums_of_their_own(tmp_path):
    folder = tmp_path / "toy"
    folder.mkdir()
    (folder / "a.bin").write_bytes(CONTENT)
    (folder / "b.bin").write_bytes(b"other")
    downloads = (Download("a.bin", "", SHA), Download("b.bin", "", SHA))
    toy = source(folder=True, sha256="", downloads=downloads)
    assert identify(toy, folder, quiet).problem == "b.bin has another sha256 than the publisher's"
    (folder / "b.bin").write_bytes(CONTENT)
    assert identify(toy, folder, quiet).problem == ""
    (folder / "b.bin").unlink()
    with pytest.raises(HarnessError, match=r"toy holds no b\.bin"):
        identify(toy, folder, quiet)


def test_gaps_are_refused_unless_told(data, file):
    partial = source(columns(gaps=[3, 7]))
    with pytest.raises(HarnessError, match="is not whole: 38 of 40 architectures of toy:one are in it"):
        import_file(partial, file, unverified=False, tell=quiet)
    import_file(partial, file, unverified=True, tell=quiet)
    assert "UNVERIFIED data: 38 of 40 architectures" in read_table("toy:one")[1]["note"]


def test_a_reader_that_fails_leaves_earlier_tables_alone(data, file):
    import_file(source(), file, unverified=False, tell=quiet)
    before = {path: path.read_bytes() for path in data.rglob("*.safetensors")}

    def broken(path, tell):
        raise HarnessError("toy.bin is damaged at byte 7")

    with pytest.raises(HarnessError, match="damaged at byte 7"):
        import_file(source(convert=broken), file, unverified=False, tell=quiet)
    assert {path: path.read_bytes() for path in data.rglob("*.safetensors")} == before
    assert leftovers(data) == []


def test_a_folder_that_cannot_be_written(tmp_path, file, monkeypatch):
    (tmp_path / "file").write_text("in the way")
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "file"))
    with pytest.raises(HarnessError, match=r"cannot be written .*NAS_HARNESS_DATA names another"):
        import_file(source(), file, unverified=False, tell=quiet)


def test_a_disk_that_is_nearly_full_is_noticed_before_writing(data, file, monkeypatch):
    usage = dataclasses.make_dataclass("Usage", ["free"])
    monkeypatch.setattr(tables.shutil, "disk_usage", lambda folder: usage(100))
    with pytest.raises(HarnessError, match=r"has 0 MB free and .* nothing was changed"):
        import_file(source(), file, unverified=False, tell=quiet)
    assert leftovers(data) == []


FULL = """
import resource, sys
import numpy as np
from tabular.data.tables import write_tables
from tabular.errors import HarnessError
small, large = {"valid@1": np.zeros((10, 1))}, {"valid@1": np.ones((200_000, 1))}
write_tables({"toy:one": (small, {})})
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, resource.RLIM_INFINITY))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
try:
    write_tables({"toy:one": (small, {"new": "yes"}), "toy:two": (large, {})})
except HarnessError as problem:
    print(problem)
    sys.exit(7)
"""


def test_a_disk_that_fills_while_writing_leaves_nothing_half_written(data, root):
    """The operating system refuses to let a file grow, as a full disk does."""
    found = subprocess.run(
        [sys.executable, "-c", FULL],
        check=False,
        capture_output=True,
        text=True,
        cwd=root,
        env={**os.environ},
    )
    assert found.returncode == 7, found.stderr
    assert "cannot be written" in found.stdout and "nothing was changed" in found.stdout
    assert found.stdout.count("\n") == 1
    assert [path.name for path in (data / "tables").iterdir()] == ["toy-one.safetensors"]
    assert "new" not in read_table("toy:one")[1]


@pytest.mark.parametrize("where", [0, 3, 9, 200, -1, -500])
def test_a_flipped_byte_in_a_table_is_noticed(data, where):
    write_tables({"toy:one": (columns(), {})})
    path = table_path("toy:one")
    content = bytearray(path.read_bytes())
    content[where] ^= 0x10
    path.write_bytes(content)
    with pytest.raises(HarnessError, match=r"toy-one\.safetensors is damaged \(.*import toy again") as caught:
        read_table("toy:one")
    assert "\n" not in str(caught.value)


def test_a_table_of_another_format_is_refused(data, monkeypatch):
    monkeypatch.setattr(tables, "FORMAT", "1")
    write_tables({"toy:one": (columns(), {})})
    monkeypatch.undo()
    monkeypatch.setenv("NAS_HARNESS_DATA", str(data))
    with pytest.raises(HarnessError, match="format 1, not 2"):
        read_table("toy:one")


def test_a_table_that_is_missing_says_how_to_get_it(data):
    fetched = source(downloads=(Download("toy.bin", "https://example.org/toy.bin", SHA),))
    assert read_table("toy:one") is None
    with pytest.raises(HarnessError, match=r"harness data fetch toy toy\.bin; or toy\*\.bin \(https://exam"):
        require_table("toy:one", (fetched, source()))


def test_a_file_is_told_by_its_name_or_by_its_kind(tmp_path):
    files, folder = (source(), source(pattern="*.parquet")), source(pattern="toys", folder=True)
    for name in ("toy1.bin", "x.parquet", "other"):
        (tmp_path / name).write_text("whatever")
    every = (*files, folder)
    assert choose(every, "toy", tmp_path / "toy1.bin") is files[0]
    assert choose(every, "toy", tmp_path / "x.parquet") is files[1]
    assert choose(every, "toy", tmp_path) is folder  # the only folder it could be
    assert choose((files[0], folder), "toy", tmp_path / "other") is files[0]
    with pytest.raises(
        HarnessError, match=r"'other' is no file that toy is made from: toy\*\.bin or \*\.par"
    ):
        choose(every, "toy", tmp_path / "other")
    with pytest.raises(HarnessError, match="nowhere: does not exist"):
        choose(every, "toy", tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("valid@200", 1.5),
        ("valid@200", -0.1),
        ("valid@200", np.inf),
        ("seconds@200", 0.0),
        ("seconds@200", -5.0),
        ("seconds@200", np.inf),
    ],
)
def test_impossible_values_are_refused_even_unverified(data, file, column, value):
    wrong = columns()
    wrong[column][5, 1] = value
    with pytest.raises(HarnessError, match=rf"holds an impossible {column} of toy:one: "):
        import_file(source(wrong), file, unverified=True, tell=quiet)
    if column == "valid@200" and np.isfinite(value):  # a metric that is no share may be anything finite
        import_file(source(wrong, bounded=False), file, unverified=False, tell=quiet)


@pytest.mark.parametrize(
    "problem", [RecursionError("deep"), MemoryError(), AttributeError("x"), OSError(5, "io")]
)
def test_whatever_a_reader_stumbles_over_is_one_line(data, file, problem):
    def stumbling(path, tell):
        raise problem

    with pytest.raises(
        HarnessError, match=rf"toy\.bin cannot be read \({type(problem).__name__}: "
    ) as caught:
        import_file(source(convert=stumbling), file, unverified=False, tell=quiet)
    assert "\n" not in str(caught.value)


def test_curves_of_another_source_do_not_stay(data):
    write_tables({"toy:one": (columns(), {}), "toy:one:curves": (columns(), {})})
    assert read_table("toy:one:curves")
    write_tables({"toy:one": (columns(), {"source": "another"})})
    assert read_table("toy:one:curves") is None


def test_a_target_that_is_a_folder_changes_nothing(data):
    write_tables({"toy:one": (columns(), {})})
    table_path("toy:two").mkdir()
    with pytest.raises(HarnessError, match=r"is a folder\); nothing was changed"):
        write_tables({"toy:one": (columns(), {"new": "yes"}), "toy:two": (columns(), {})})
    assert "new" not in read_table("toy:one")[1]


def test_what_a_killed_import_left_is_swept(data, file):
    import_file(source(), file, unverified=False, tell=quiet)
    old, young = (data / "tables" / f".toy-{name}.safetensors.1.tmp" for name in ("one", "two"))
    old.touch()
    young.touch()
    os.utime(old, (0, 0))
    import_file(source(), file, unverified=False, tell=quiet)
    assert leftovers(data) == [young.name]
