"""Files made to harm: forged numpy types, archives that unpack to gigabytes, values that cannot be."""

import bz2
import io
import pickle
import pickletools
import zipfile

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.sources import nats_bench
from tabular.sources.pickles import read_pickle
from tabular.sources.torch_file import read_torch_file
from tests.tabular.nb201_files import record


def read(value, protocol=4):
    return read_pickle(io.BytesIO(pickle.dumps(value, protocol)), "file")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL))  # the last has another form of arrays
@pytest.mark.parametrize("dtype", ["f4", "f8", "i8", "u1", "?", ">f8", "<i2"])
def test_numbers_and_arrays_of_numpy_are_read(protocol, dtype):
    array = np.arange(6).astype(dtype).reshape(2, 3)
    found = np.asarray(read({"a": array}, protocol)["a"])
    assert found.dtype == array.dtype
    np.testing.assert_array_equal(found, array)
    assert read([array[1, 2]], protocol) == [array[1, 2]]


def test_a_transposed_array_keeps_its_order():
    array = np.arange(6.0).reshape(2, 3).T
    np.testing.assert_array_equal(np.asarray(read(array)), array)


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array(["text"]),
        np.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")]),
        np.array([1 + 2j]),
        np.datetime64("2020-01-01"),
        np.array(["2020"], dtype="M8[Y]"),
    ],
    ids=["objects", "texts", "fields", "complex", "date", "dates"],
)
def test_other_types_of_numpy_are_refused(value):
    with pytest.raises(HarnessError, match="refused: the pickle"):
        read(value)


class Forged:
    """A type of plain numbers whose state says that its eight bytes are a pointer to an object."""

    def __reduce__(self):
        return np.dtype, ("f8",), (3, "|", None, ("a",), {"a": (np.dtype("O"), 0)}, 8, 1, 63)


def test_a_type_cannot_be_told_that_its_bytes_are_pointers():
    """The forged state is not taken: the bytes stay numbers."""
    content = pickle.dumps([Forged()], 4)
    assert any(opcode.name == "BUILD" for opcode, _, _ in pickletools.genops(content))
    with pytest.raises(HarnessError, match=r"file(: refused| is damaged)"):
        read_pickle(io.BytesIO(content), "file")


def test_an_archive_that_unpacks_to_more_than_it_is_is_refused(tmp_path):
    path = tmp_path / "x.pth"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", b"\0" * 10_000_000)
    assert path.stat().st_size < 20_000
    with pytest.raises(HarnessError, match="its content is compressed"):
        read_torch_file(path)


@pytest.mark.parametrize("more", [bz2.compress(b"\0" * 20_000_000), b"junk", bz2.compress(b"second")])
def test_a_record_is_one_stream_of_a_record_s_size(shared_data, tmp_path, more):
    path = tmp_path / "000000.pickle.pbz2"
    real = (shared_data / "nats_tss_slice/000000.pickle.pbz2").read_bytes()
    path.write_bytes(more if len(more) < 100 and more.startswith(b"BZ") else real + more)
    with pytest.raises(HarnessError, match=r"000000\.pickle\.pbz2 is damaged"):
        nats_bench.convert(tmp_path, lambda share: None)


@pytest.mark.parametrize(
    "change",
    [
        lambda r: r["200"].update(arch_str=7),
        lambda r: r["200"].update(arch_index=None),
        lambda r: r["200"].update(all_results=[1, 2]),
        lambda r: r["12"]["all_results"].clear() or r["12"].pop("all_results"),
        lambda r: next(iter(r["200"]["all_results"].values())).update(train_times=[1.0]),
        lambda r: next(iter(r["200"]["all_results"].values())).update(eval_acc1es={"x-valid@199": "high"}),
    ],
    ids=["text", "index", "list", "gone", "times", "word"],
)
def test_a_record_of_another_form_is_named(shared_data, tmp_path, change):
    """Through the import, which makes one line of whatever a reader stumbles over."""
    from tabular.data.importing import _one_line

    found = record(shared_data, 0)
    change(found)
    (tmp_path / "000000.pickle.pbz2").write_bytes(bz2.compress(pickle.dumps(found)))
    with pytest.raises(HarnessError) as caught, _one_line(tmp_path):
        nats_bench.convert(tmp_path, lambda share: None)
    assert "\n" not in str(caught.value)
