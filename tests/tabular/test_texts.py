"""Texts in another form than the publisher's are the publisher's all the same."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from tabular.catalogue import sources
from tabular.data.source import identify
from tabular.data.tables import read_table
from tabular.data.texts import as_published, plain
from tabular.sources import enas_file
from tests.harness.conftest import command

LINES = b"[[0], 0.5]\n[[1], 0.25]\n"
FORMS = {
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "a mark": lambda text: b"\xef\xbb\xbf" + text,
    "a mark and CRLF": lambda text: b"\xef\xbb\xbf" + text.replace(b"\n", b"\r\n"),
    "UTF-16": lambda text: text.decode().replace("\n", "\r\n").encode("utf-16"),
    "UTF-16, large end first": lambda text: b"\xfe\xff" + text.decode().encode("utf-16-be"),
    "no end": lambda text: text.rstrip(b"\n"),
    "another end": lambda text: text.rstrip(b"\n") + b"\r\n",
}
forms = pytest.mark.parametrize("change", FORMS.values(), ids=FORMS)


def sha(content):
    return hashlib.sha256(content).hexdigest()


@forms
@pytest.mark.parametrize("text", [LINES, LINES.rstrip(b"\n"), b'{"a": [0.1, 2]}'])
def test_the_form_is_undone(text, change):
    assert as_published(change(text), sha(text)) == text


@pytest.mark.parametrize("spaces", [1, 2, "\t"])
def test_indentation_of_json_is_form(spaces):
    text = json.dumps({"a": [0.1, 2], "b": {"c": None}}).encode()
    pretty = json.dumps(json.loads(text), indent=spaces).replace("\n", "\r\n").encode()
    assert as_published(pretty, sha(text)) == text


@forms
def test_other_content_stays_other_content(change):
    other = LINES.replace(b"0.25", b"0.26")
    assert sha(as_published(change(other), sha(LINES))) != sha(LINES)


def test_what_is_no_text_of_its_mark_is_left_alone():
    assert plain(b"\xff\xfe\x00") == b"\xff\xfe\x00"


def verified(name, path):
    (source,) = (each for each in sources() if each.name == name)
    found = identify(source, path, lambda share: None)
    return found.problem == "" and found.published and found.sha256


@forms
def test_published_files_in_other_forms(shared_data, tmp_path, change):
    for name, folder, file in (
        ("enas", "enas", "final_structures6.txt"),
        ("macro", "macro", "nas-bench-macro_cifar10.json"),
    ):
        path = tmp_path / file
        content = (shared_data / folder / file).read_bytes()
        path.write_bytes(change(content))
        assert verified(name, path) == sha(content)


@pytest.mark.parametrize("form", ["CRLF", "a mark and CRLF", "UTF-16"])
def test_enas_is_read_in_any_form(shared_data, tmp_path, form):
    original = shared_data / "enas" / "final_structures6.txt"
    path = tmp_path / "final_structures6.txt"
    path.write_bytes(FORMS[form](original.read_bytes()))
    for mine, theirs in zip(enas_file.lines(path)[1:], enas_file.lines(original)[1:], strict=True):
        np.testing.assert_array_equal(mine, theirs)


@pytest.fixture
def data(tmp_path, monkeypatch):
    monkeypatch.setenv("NAS_HARNESS_DATA", str(tmp_path / "data"))
    return tmp_path / "data"


@pytest.mark.parametrize("form", [*FORMS, "indented"])
def test_macro_is_imported_as_verified(shared_data, tmp_path, data, form):
    content = (shared_data / "macro" / "nas-bench-macro_cifar10.json").read_bytes()
    path = tmp_path / "nas-bench-macro_cifar10.json"
    if form == "indented":
        path.write_bytes(json.dumps(json.loads(content), indent=2).replace("\n", "\r\n").encode())
    else:
        path.write_bytes(FORMS[form](content))
    assert command("data", "import", "macro", path).code == 0
    passport = read_table("macro:cifar10")[1]
    assert passport["verified"] == "yes" and passport["source_sha256"] == sha(content)
    assert "UNVERIFIED" not in passport["note"]


def test_the_codes_of_nb301_are_stored_as_published(shared_data, tmp_path, data):
    pytest.importorskip("onnxruntime", reason="nb301 needs the extra nb301")
    digests = []
    for form in ("as it is", "a mark and CRLF"):
        folder = tmp_path / form / "nb301"
        folder.mkdir(parents=True)
        for name in ("new_model.onnx", "encoding.json"):
            shutil.copyfile(shared_data / "nb301" / name, folder / name)
        if form in FORMS:
            text = json.dumps(json.loads((folder / "encoding.json").read_bytes()), indent=1).encode()
            (folder / "encoding.json").write_bytes(FORMS[form](text))
        outcome = command("data", "import", "nb301", folder)
        assert outcome.code == 0, outcome.err
        assert read_table("nb301")[1]["verified"] == "yes"
        digests.append(read_table("nb301")[1]["digest"])
    assert digests[0] == digests[1]


def test_a_pointer_in_the_folder_of_nb301_is_named(shared_data, tmp_path, data):
    folder = tmp_path / "nb301"
    folder.mkdir()
    shutil.copyfile(shared_data / "nb301" / "encoding.json", folder / "encoding.json")
    (folder / "new_model.onnx").write_text("version https://git-lfs.github.com/spec/v1\nsize 2578406\n")
    outcome = command("data", "import", "nb301", folder, "unverified=true")
    assert outcome.code == 2
    assert f"new_model.onnx in {folder} is a git-lfs pointer (to a file of 2,578,406 bytes)" in outcome.err
