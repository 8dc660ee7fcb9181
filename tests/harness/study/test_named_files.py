"""Names of methods with a file in them: what they mean, what tables call them, what identifies a run."""

import pytest

from harness.study.name import bare
from harness.study.options import parse
from harness.study.quality_options import QualityOptions
from harness.study.quality_study import Demands, quality_specs
from harness.study.registry import Registry
from tabular.errors import HarnessError

ROWS = "\n".join(
    f"{row:05d}0,{row},{row % 7},{row % 3},x" for row in (*range(5), *range(10, 15), *range(20, 25))
)
TEXT = f"key,a,b,c,kind\n{ROWS}\n"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder to work in with two files of the same fifteen architectures."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "emb.csv").write_text(TEXT)
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/emb+x v2.csv").write_text(TEXT.replace(",1\n", ",2\n"))
    return tmp_path


def one(study, *words):
    (spec,) = study(*words, "seeds=1", "budget=12")
    return spec


@pytest.mark.parametrize(
    ("name", "label", "optimizer"),
    [
        ("table:emb.csv", "table:emb", "gp_bo"),
        ("table:emb", "table:emb", "gp_bo"),
        ("table:./emb.csv+bananas", "table:emb+bananas", "bananas"),
        ("table:emb.csv[columns=a,b]", "table:emb[columns=a,b]", "gp_bo"),
        ("table:emb.csv[columns=a,b,c]", "table:emb", "gp_bo"),  # all there are
        ("table:emb.csv[architectures=key]", "table:emb", "gp_bo"),  # what is found out anyway
        ("table:emb.csv[rows=kind:x]", "table:emb", "gp_bo"),
        ("table:emb.csv[columns=a;gp_bo.batch=2]", "table:emb[columns=a;gp_bo.batch=2]", "gp_bo"),
        ("table:deep/emb+x v2.csv", "table:emb_x_v2", "gp_bo"),
        ("table:deep/emb+x v2.csv+bananas", "table:emb_x_v2+bananas", "bananas"),
        ("zero_cost:emb.csv", "zero_cost:emb", "gp_bo"),
        ("zero_cost:emb.csv[scale=scores;columns=b]", "zero_cost:emb[columns=b;scale=scores]", "gp_bo"),
    ],
)
def test_labels_are_short_and_can_be_typed(study, folder, name, label, optimizer):
    spec = one(study, f"methods={name}")
    assert (spec.method, spec.optimizer.name) == (label, optimizer)
    assert spec.representation.name == name.partition(":")[0]
    if "/" not in name:
        assert one(study, f"methods={label}").key == spec.key


def test_a_run_is_known_by_what_was_read_not_by_the_file(study, folder):
    spec = one(study, "methods=table:emb.csv")
    hyper = spec.representation.hyper
    assert set(hyper) == {"columns", "content"} and hyper["columns"] == "a,b,c"
    assert len(hyper["content"]) == 64
    (folder / "moved.csv").write_text("b,kind,a,c,arch\n" + "\n".join(
        f"{b}.0,y,{a},{c}e0,{key}" for key, a, b, c, _ in (row.split(",") for row in ROWS.splitlines())
    ))  # fmt: skip
    moved = one(study, "methods=table:moved.csv[columns=a,b,c]", "table.form=key")
    assert moved.key == spec.key and moved.method == "table:moved[form=key;columns=a,b,c]"
    (folder / "emb.csv").write_text(TEXT.replace("000000,0", "000000,9"))
    assert one(study, "methods=table:emb.csv").key != spec.key
    assert one(study, "methods=table:moved.csv[columns=a,b;form=key]").key != spec.key


def test_a_file_written_anew_is_read_anew(study, folder):
    words = ("methods=table:emb", "candidates=emb")
    before = one(study, *words)
    (folder / "emb.csv").write_text(TEXT.rpartition("\n")[0].rpartition("\n")[0])
    after = one(study, *words)
    assert after.candidates != before.candidates
    assert after.representation.hyper["content"] != before.representation.hyper["content"]


def test_settings_on_the_command_line_are_for_every_file(study, folder):
    spec = one(study, "methods=table:emb.csv", "table.columns=b,a")
    assert spec.method == "table:emb[columns=b,a]" and spec.representation.hyper["columns"] == "b,a"


def test_files_are_crossed_with_optimizers(study, folder):
    specs = study("methods=table:emb.csv,random", "optimizers=gp_bo,bananas", "seeds=1", "budget=12")
    assert [spec.method for spec in specs] == ["table:emb", "table:emb+bananas", "random"]


def test_names_without_a_file_are_what_they_were():
    assert bare("table:emb.csv[x=1]") == "table:emb.csv"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["methods=table"], "'table': table is read from a file: write table:FILE"),
        (["methods=table+gp_bo"], "'table+gp_bo': table is read from a file: write table:FILE"),
        (["methods=table:"], "table is read from a file"),
        (["methods=table:none.csv"], "table: 'none.csv': there is no such file"),
        (["methods=table:emb.csv", "table.file=x.csv"], "table.file is written table:FILE"),
        (["methods=table:emb.csv[content=abc]"], "table.content is what its file says; it cannot be given"),
        (
            ["methods=table:emb.csv[columns=kind]"],
            "table: emb.csv: column 'kind' does not hold numbers",
        ),
        (["methods=table:emb.csv+gp_bo_latent"], "gp_bo_latent needs a Decoder, which table is not"),
        (["methods=table:emb.csv+gpbo"], "unknown optimizer 'gpbo'"),
        (["methods=table:emb.csv", "bench=nas-bench-graph"], "table: emb.csv, column 'key': '000000'"),
    ],
)
def test_what_cannot_work_is_refused_in_one_sentence(study, folder, words, sentence):
    with pytest.raises(HarnessError) as problem:
        study(*words, "seeds=1", "budget=12")
    assert sentence in str(problem.value)


def test_a_budget_above_what_the_file_holds_is_refused(study, folder):
    assert len(study("methods=table:emb.csv,random", "seeds=1", "budget=15")) == 2
    with pytest.raises(HarnessError, match="budget=16 is above the 15 architectures of table:emb on nb201"):
        study("methods=random,table:emb.csv", "seeds=1", "budget=16")


def test_candidates_of_a_file_are_another_comparison(study, folder):
    free, among = (
        study("methods=random,table:emb.csv", "seeds=1", "budget=12", *words)
        for words in ([], ["candidates=emb.csv"])
    )
    assert {spec.candidates for spec in free} == {""} and len({spec.candidates for spec in among}) == 1
    assert len({spec.table_digest for spec in (*free, *among)}) == 2
    assert [spec.method for spec in among] == ["random", "table:emb"]
    again = study("methods=random", "seeds=1", "budget=12", "candidates=emb.csv[rows=kind:x]")
    assert again[0].key == among[0].key
    with pytest.raises(HarnessError, match="budget=16 is above the 15 architectures of nb201:cifar10"):
        study("methods=random", "seeds=1", "budget=16", "candidates=emb.csv")
    with pytest.raises(HarnessError, match="unknown setting of candidates 'columns'"):
        study("methods=random", "seeds=1", "budget=12", "candidates=emb.csv[columns=a]")
    with pytest.raises(HarnessError, match=r"candidates=none\.csv: 'none\.csv': there is no such file"):
        study("methods=random", "seeds=1", "budget=12", "candidates=none.csv")


def test_quality_names_files_as_runs_do(folder):
    options, overrides = parse(
        ["methods=table:emb.csv[columns=a],one_hot", "seeds=1"], QualityOptions, overrides=True
    )
    specs, left_out = quality_specs(options, overrides, Registry(), {"geometry": Demands()}, {"cells": 10})
    assert [spec.method for spec in specs] == ["table:emb[columns=a]", "one_hot"] and not left_out
    assert specs[0].representation.hyper.keys() == {"columns", "content"}
