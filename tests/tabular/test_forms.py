"""Forms of architectures: every form of every space there and back, and which texts are recognised."""

import re

import numpy as np
import pytest

from tabular.errors import HarnessError
from tabular.space import EnumerableSpace, SearchSpace
from tabular.spaces.darts import DARTSSpace
from tabular.spaces.enas import ENASSpace
from tabular.spaces.macro import MacroSpace
from tabular.spaces.nas_bench_graph import NASBenchGraphSpace
from tabular.spaces.nb101 import NB101Space
from tabular.spaces.nb201 import NB201Space
from tabular.spaces.pool import PoolSpace
from tabular.spaces.transnas import TransNASMacroSpace, TransNASMicroSpace
from tests.methods.spaces import NB101Shaped

SPACES = {
    space.name: space
    for space in (
        *(NB201Space(), TransNASMicroSpace(), TransNASMacroSpace(), MacroSpace(), NASBenchGraphSpace()),
        *(ENASSpace(), DARTSSpace(tie_cells=False), DARTSSpace(tie_cells=True), NB101Space()),
    )
}
FORMS = [(space, form.name) for space in SPACES.values() for form in space.forms]
HASHED = ("nb101", "hash")  # 40 s of its own
LISTED, DRAWN, FEW = 30_000, 10_000, 1000
NB201, MACRO, CHAINS = (SPACES[name] for name in ("nb201", "macro", "transnas-macro"))
OFFICIAL = "|avg_pool_3x3~0|+|skip_connect~0|none~1|+|nor_conv_1x1~0|avg_pool_3x3~1|nor_conv_1x1~2|"


def named(value):
    return value.name if isinstance(value, SearchSpace) else str(value)


each_form = pytest.mark.parametrize(
    ("space", "form"), [pair for pair in FORMS if (pair[0].name, pair[1]) != HASHED], ids=named
)
each_space = pytest.mark.parametrize("space", SPACES.values(), ids=named)


def is_listed(space):
    return isinstance(space, EnumerableSpace) and space.size <= LISTED


def there_and_back(space, form, drawn):
    """All architectures, or some."""
    cells = space.all() if is_listed(space) else space.sample(drawn, np.random.default_rng(0))
    texts = space.print(cells, form)
    assert len(texts) == len(cells) and len(set(texts)) == len(set(space.keys(cells).tolist()))
    again = space.parse(texts, form)
    assert (space.keys(again) == space.keys(cells)).all() and again.ops.shape == cells.ops.shape
    assert space.print(again, form) == texts


@each_form
def test_every_form_of_many_architectures_there_and_back(space, form):
    there_and_back(space, form, FEW)


@pytest.mark.slow
@pytest.mark.parametrize(("space", "form"), [pair for pair in FORMS if not is_listed(pair[0])], ids=named)
def test_every_form_of_more_there_and_back(space, form):
    there_and_back(space, form, DRAWN)


@each_space
def test_what_is_unmistakable_is_recognised(space):
    cells = space.sample(300, np.random.default_rng(1))
    clear = [form.name for form in space.forms if not form.bare and (space.name, form.name) != HASHED]
    assert clear
    texts = [space.print(cells[[row]], clear[row % len(clear)])[0] for row in range(len(cells))]
    assert (space.keys(space.parse(texts)) == space.keys(cells)).all()  # forms mixed in one batch
    assert (space.keys(space.from_strings(texts)) == space.keys(cells)).all()


@each_space
def test_numbers_and_rows_of_digits_are_read_where_they_are_asked_for_alone(space):
    cells = space.sample(40, np.random.default_rng(2))
    for form in space.forms:
        if not form.bare:
            continue
        for text in space.print(cells, form.name):
            with pytest.raises(HarnessError) as caught:
                space.parse([text])
            assert f"as {form.name} " in str(caught.value) and f"form={form.name}" in str(caught.value)


@each_space
def test_the_first_form_is_that_of_run_files(space):
    cells = space.sample(50, np.random.default_rng(3))
    assert space.print(cells, "key") == space.to_strings(cells)
    assert (space.keys(space.from_strings(space.to_strings(cells))) == space.keys(cells)).all()


@each_space
def test_official_is_a_name_everywhere(space):
    cells = space.sample(5, np.random.default_rng(4))
    (form,) = [form for form in space.forms if form.official]
    assert space.print(cells) == space.print(cells, "official") == space.print(cells, form.name)


@each_space
def test_none_at_all(space):
    assert len(space.parse([])) == 0 and space.print(space.parse([]), "key") == []
    assert space.parse([]).ops.shape == (0, space.vertices)
    for form in space.forms:
        assert len(space.parse([], form.name)) == 0


NONSENSE = [
    *(None, "", "x", 3.5, float("nan"), -1, "-1", True, [], [[]], {}, {"a": 1}, object(), b"000000"),
    *("[", "[[", "(" * 500, "9" * 5000, "٣" * 6, "__import__('os').system('true')"),
    *(["x"] * 6, [None] * 6, [[0.5] * 6]),
]


@each_space
@pytest.mark.parametrize("given", NONSENSE, ids=lambda given: str(given)[:12])
def test_nonsense_is_refused_in_a_sentence(space, given):
    for texts in ([given], [given, given]):
        for form in [None, *(form.name for form in space.forms if (space.name, form.name) != HASHED)]:
            with pytest.raises(HarnessError) as caught:
                space.parse(texts, form)
            assert "\n" not in str(caught.value) and len(str(caught.value)) < 1200


def test_unknown_forms_are_refused_with_the_closest():
    for ask in (lambda: NB201.parse([OFFICIAL], "naslb"), lambda: NB201.print(NB201.all()[:1], "naslb")):
        with pytest.raises(HarnessError, match=r"unknown form of nb201 'naslb'\. Did you mean 'naslib'\?"):
            ask()


def test_another_form_than_the_one_asked_for_is_named():
    with pytest.raises(HarnessError, match=r"in the form naslib: .* It can be read as official\."):
        NB201.parse([OFFICIAL], "naslib")


def test_a_text_of_several_meanings_is_refused_with_all_of_them():
    with pytest.raises(HarnessError) as caught:
        NB201.parse(["403143"])
    said = str(caught.value)
    assert f"as naslib {OFFICIAL}" in said and "as key |avg_pool_3x3~0|+|none~0|nor_conv_3x3~1|" in said
    assert said.endswith("Say form=key or form=naslib or form=naszilla")


def test_the_first_of_several_that_is_wrong_is_named():
    with pytest.raises(HarnessError, match=r"^'\|none~0\|' is no architecture of nb201"):
        NB201.parse([OFFICIAL, "|none~0|", "x"])


def test_numbers_are_never_recognised():
    """Not even those of the cells whose row is their index."""
    rows = NB201.keys(NB201.parse([str(index) for index in range(15625)], "index"))
    fixed = np.flatnonzero(rows == np.arange(15625))
    assert len(fixed)
    for number in [17, *fixed.tolist()]:
        for given in (number, str(number)):
            with pytest.raises(
                HarnessError, match=r"as index \|.*, as row \|.*\. Say form=index or form=row"
            ):
                NB201.parse([given])


@pytest.mark.parametrize("given", [(4, 0, 3, 1, 4, 3), [4, 0, 3, 1, 4, 3], np.array([4, 0, 3, 1, 4, 3]),
                                   "(4, 0, 3, 1, 4, 3)", "4,0,3,1,4,3", "[4, 0, 3, 1, 4, 3]", "403143",
                                   "(np.int64(4), np.int64(0), 3, 1, 4, 3)"])  # fmt: skip
def test_one_without_a_batch_and_values_of_any_kind(given):
    assert NB201.print(NB201.parse(given, "naslib")) == [OFFICIAL]
    assert NB201.print(NB201.parse([given, given], "naslib")) == [OFFICIAL] * 2


def test_one_without_a_batch_is_not_taken_for_several():
    """Six numbers could be six rows; they are refused as what they are together."""
    for given in ((4, 0, 3, 1, 4, 3), np.array([4, 0, 3, 1, 4, 3])):
        with pytest.raises(HarnessError, match=f"as naslib {re.escape(OFFICIAL)}"):
            NB201.parse(given)
    nb101 = SPACES["nb101"]
    assert nb101.to_strings(nb101.parse((0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 4, 1))) == ["0x7:2"]
    assert NB201.keys(NB201.parse((4, 0, 3, 1, 4, 3), "row")).tolist() == [4, 0, 3, 1, 4, 3]


def test_a_table_of_rows_is_a_batch():
    rows = np.array([[4, 0, 3, 1, 4, 3], [0, 0, 0, 0, 0, 0]])
    assert NB201.print(NB201.parse(rows, "naslib"))[0] == OFFICIAL
    assert NB201.print(NB201.parse(np.array([OFFICIAL, OFFICIAL]))) == [OFFICIAL] * 2
    assert NB201.keys(NB201.parse(np.array([5, 6]), "row")).tolist() == [5, 6]
    assert NB201.keys(NB201.parse(np.array(5), "row")).tolist() == [5]
    assert NB201.print(NB201.parse(np.array(OFFICIAL))) == [OFFICIAL]
    with pytest.raises(HarnessError, match="in the form row"):
        NB201.parse(b"00", "row")


def test_a_pool_writes_as_its_whole_space():
    pool = PoolSpace("some", NB201, NB201.all()[[7, 3]])
    assert NB201.keys(pool.parse(["000003", "000012"], "key")).tolist() == [3, 7]
    assert pool.print(pool.all(), "row") == ["7", "3"]
    assert pool.keys(pool.parse([OFFICIAL])) >= pool.size  # one that is not listed


def test_a_space_of_one_form_is_written_in_it():
    space = NB101Shaped()
    cells = space.sample(3, np.random.default_rng(0))
    assert space.print(cells) == space.to_strings(cells) == list(map(str, space.keys(cells).tolist()))


def test_digits_of_a_chain_may_be_its_row_or_its_index():
    with pytest.raises(HarnessError, match=r"as key 64-2311-basic, as index 64-223132-basic, as row 64-"):
        CHAINS.parse(["2311"])
    assert CHAINS.print(CHAINS.parse(["2311"], "key")) == ["64-2311-basic"]
    assert CHAINS.print(CHAINS.parse([(4, 1, 1, 1, 0, 0)])) == ["64-4111-basic"]
    assert MACRO.print(MACRO.parse(["22212202", [2, 2, 2, 1, 2, 2, 0, 2]])) == ["22212202"] * 2
    with pytest.raises(HarnessError, match="Say form=row"):
        MACRO.parse(["2221"])
