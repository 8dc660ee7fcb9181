"""What a file is by its content, and what a person is told to do about it."""

import os
import pickle

import numpy as np
import pytest

from tabular.catalogue import sources
from tabular.data.choosing import choose, refuse_foreign
from tabular.data.kinds import kind_of
from tabular.errors import HarnessError
from tabular.sources.nats_bench import convert as convert_nats
from tabular.sources.tfrecord import masked
from tests.harness.conftest import command
from tests.tabular import foreign_files as foreign
from tests.tabular import nb101_files

HARDWARE = "HW-NAS-Bench-v1_0.pickle"
READ = ("pickle", "pickle in letters", "noise")
"""What its reader is given; of noise it says itself what is wrong."""


def written(folder, name, content):
    path = folder / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(("content", "words"), foreign.CONTENTS.values(), ids=foreign.CONTENTS)
def test_a_file_is_known_by_its_content(tmp_path, content, words):
    assert kind_of(written(tmp_path, HARDWARE, content)).words == words


@pytest.mark.parametrize("zipped", [True, False])
def test_both_formats_of_torch_are_known(tmp_path, zipped):
    pytest.importorskip("torch")
    assert kind_of(written(tmp_path, "x.pth", foreign.by_torch(zipped))).name == "torch"


def test_records_of_tensorflow_are_known_by_their_checksum(tmp_path):
    content = nb101_files.frame([b"payload of a record"])
    assert kind_of(written(tmp_path, "a", content)).name == "tfrecord"
    assert kind_of(written(tmp_path, "b", bytes([content[0] ^ 1]) + content[1:])).name == "unknown"
    assert masked(np.zeros(1, dtype=np.uint32)).dtype == np.uint32


def test_parquet_is_whole_or_cut(tmp_path):
    pytest.importorskip("pyarrow")
    content = foreign.as_parquet()
    assert kind_of(written(tmp_path, "a", content)).name == "parquet"
    assert kind_of(written(tmp_path, "b", content[:-40])).words == "a parquet table that is cut short"


def test_published_files_are_what_their_sources_say(shared_data):
    for name, file in {
        "enas": "enas/final_structures6.txt",
        "macro": "macro/nas-bench-macro_cifar10.json",
        "nb201": "nb201.parquet",
        "transnas-micro": "transnasbench101_micro.parquet",
        "nb301": "nb301",
    }.items():
        path = shared_data / file
        assert kind_of(path).name in choose(sources(), name, path).kinds


@pytest.mark.parametrize(
    ("content", "words"),
    [each for name, each in foreign.CONTENTS.items() if name not in READ],
    ids=[name for name in foreign.CONTENTS if name not in READ],
)
def test_a_foreign_file_is_named_with_the_next_step(tmp_path, content, words):
    path = written(tmp_path, HARDWARE, content)
    with pytest.raises(HarnessError) as caught:
        choose(sources(), "hwnasbench", path)
    sentence = str(caught.value)
    assert sentence.startswith(
        f"{HARDWARE} is {words}; hwnasbench is made from {HARDWARE} (a pickle of Python). "
    )
    assert "\n" not in sentence
    assert any(step in sentence for step in ("et it: HW-NAS", "then: harness data import hwnasbench "))
    (source,) = (each for each in sources() if each.name == "hwnasbench")
    with pytest.raises(HarnessError, match="is made from"):
        refuse_foreign(source, path)


@pytest.mark.parametrize(
    ("name", "kind", "step"),
    [
        (f"{HARDWARE}.gz", "gzip", "Unpack it (gunzip {0}.gz), then: harness data import hwnasbench {0}"),
        (
            HARDWARE,
            "bzip2",
            "Unpack it (bunzip2 -c {0} > unpacked), then: harness data import hwnasbench unpacked",
        ),
        (HARDWARE, "tar", "Unpack it (tar -xf {0}), then: harness data import hwnasbench a/one.pickle"),
        (HARDWARE, "zip", "Unpack it (unzip {0}), then: harness data import hwnasbench WHAT_IS_IN_IT"),
        (HARDWARE, "html", "A web page was saved in its place. Get it: "),
        (HARDWARE, "pointer", "git lfs pull (or git annex get) in its repository fetches it. Get it: "),
        (HARDWARE, "empty", "Its download did not begin. Get it: "),
        (HARDWARE, "cut zip", "Its download broke off. Get it: "),
    ],
)
def test_the_next_step_is_a_command(tmp_path, name, kind, step):
    path = written(tmp_path, name, foreign.CONTENTS[kind][0])
    with pytest.raises(HarnessError) as caught:
        choose(sources(), "hwnasbench", path)
    assert step.format(tmp_path / HARDWARE) in str(caught.value)


def test_one_of_several_of_a_kind_needs_its_name(tmp_path):
    path = written(tmp_path, "x", nb101_files.frame([b"payload of a record"]))
    with pytest.raises(HarnessError, match=r"x is a file of TFRecords, but which\? .*: give it its name"):
        choose(sources(), "nb101", path)


def test_a_mark_and_letters_that_are_cut_are_text(tmp_path):
    page = "\ufeff<html><title>Ärger</title>" + 40_000 * "ö"
    for encoding in ("utf-8", "utf-16"):
        path = written(
            tmp_path, encoding, page.removeprefix("\ufeff" if encoding == "utf-16" else "").encode(encoding)
        )
        assert kind_of(path).words == "an HTML page ('Ärger')"


def test_a_fitting_file_of_an_archive_is_named(tmp_path):
    path = written(tmp_path, "x.zip", foreign.zipped(["readme.txt", f"data/{HARDWARE}"]))
    with pytest.raises(HarnessError, match=rf"then: harness data import hwnasbench data/{HARDWARE}"):
        choose(sources(), "hwnasbench", path)
    folder = "NATS-tss-v1_0-3ffb9-simple"
    path = written(tmp_path, f"{folder}.tar", foreign.tarred(f"{folder}/000000.pickle.pbz2"))
    with pytest.raises(HarnessError, match=rf"\(tar -xf .*\), then: harness data import nb201 {folder}$"):
        choose(sources(), "nb201", path)


@pytest.mark.parametrize(
    ("name", "file", "content", "step"),
    [
        ("macro", "nas-bench-macro_cifar10.json", "html", "Get it: harness data fetch macro nas-bench-macro"),
        ("enas", "final_structures6.txt", "pointer", "Get it: harness data fetch enas final_structures6.txt"),
        ("nb101", "nasbench_only108.tfrecord", "html", "fetch nb101 nasbench_only108.tfrecord; or harness"),
        ("nb201", "table.csv", "csv", "Write it as parquet first, keys as texts: pandas.read_csv("),
        ("nb201", "NAS-Bench-201-v1_1-096897.pth", "html", "Get it: NATS-tss-v1_0-3ffb9-simple* (https:"),
        ("transnas-micro", "transnas-bench_v10141024.pth", "pickle", "Get it: transnas-bench_v*.pth (https:"),
        ("nb301", "new_model.onnx", "noise", "Give the folder that it lies in: harness data import nb301 "),
    ],
)
def test_every_benchmark_names_foreign_files(tmp_path, name, file, content, step):
    path = written(tmp_path, file, foreign.CONTENTS[content][0])
    outcome = command("data", "import", name, path)
    assert outcome.code == 2 and outcome.err.count("\n") == 1
    assert f"{file} is {foreign.CONTENTS[content][1]}; {name} is made from " in outcome.err
    assert step in outcome.err


def test_a_file_of_another_benchmark_is_sent_there(shared_data):
    with pytest.raises(HarnessError, match=r"enas is made from such a file: harness data import enas /"):
        choose(sources(), "macro", shared_data / "enas" / "final_structures6.txt")
    with pytest.raises(HarnessError, match=r"macro is made from such a file: harness data import macro /"):
        choose(sources(), "enas", shared_data / "macro" / "nas-bench-macro_cifar10.json")


def test_a_folder_of_a_file_and_a_record_of_a_folder(tmp_path, shared_data):
    inside = written(tmp_path, HARDWARE, foreign.RAW)
    with pytest.raises(HarnessError, match=rf"Take what is in it: harness data import hwnasbench {inside}"):
        choose(sources(), "hwnasbench", tmp_path)
    record = shared_data / "nats_tss_slice" / "000000.pickle.pbz2"
    with pytest.raises(HarnessError, match=rf"is a record .* harness data import nb201 {record.parent}$"):
        choose(sources(), "nb201", record)
    whole = written(tmp_path, "NATS-tss-v1_0-3ffb9.pickle.pbz2", record.read_bytes())
    with pytest.raises(HarnessError, match=r"is NATS-Bench in one file; .* Get it: NATS-tss-v1_0-3ffb9-simp"):
        choose(sources(), "nb201", whole)


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(HarnessError, match=r"is a pipe or a device.* Save it to a file first"):
        choose(sources(), "macro", tmp_path / "pipe")


@pytest.mark.parametrize("schedules", [("01", "12", "90"), ("12", "200")])
def test_the_size_search_space_is_named(tmp_path, schedules):
    folder = tmp_path / "NATS-sss-v1_0-50262-simple"
    folder.mkdir()
    record = {
        epochs: {"arch_index": 0, "arch_str": "64:64:64:64:64", "all_results": {}} for epochs in schedules
    }
    written(folder, "000000.pickle.pbz2", foreign.bz2.compress(pickle.dumps(record)))
    outcome = command("data", "import", "nb201", folder, "unverified=true")
    assert outcome.code == 2
    assert (
        "NATS-sss-v1_0-50262-simple is the size search space of NATS-Bench (000000.pickle.pbz2 says so), "
        "which no benchmark is made from; nb201 is the topology search space: NATS-tss-v1_0-3ffb9-simple"
    ) in outcome.err


@pytest.mark.parametrize("content", ["html", "pointer", "empty"])
def test_a_record_that_is_something_else(tmp_path, content):
    written(tmp_path, "000000.pickle.pbz2", foreign.CONTENTS[content][0])
    with pytest.raises(HarnessError) as caught:
        convert_nats(tmp_path, lambda share: None)
    assert f"000000.pickle.pbz2 is damaged: it is {foreign.CONTENTS[content][1]}, not" in str(caught.value)


def test_records_one_folder_deeper(tmp_path, shared_data):
    (tmp_path / "inner").symlink_to(shared_data / "nats_tss_slice")
    with pytest.raises(HarnessError, match=rf"harness data import nb201 {tmp_path / 'inner'}$"):
        convert_nats(tmp_path, lambda share: None)
