"""Reports on benchmarks that record no accuracy: tables, figures and pages name what they record."""

import re

import pytest

import tabular.catalogue
from harness.compare.grouping import compare
from harness.compare.metrics import METRICS, worded
from harness.records.derived import load
from harness.records.reference import Reference
from harness.records.store import RunStore
from harness.report.page.rules import spelled_out
from tabular.quantity import ACCURACY, Quantity
from tests.every_benchmark import data_folder

LOSS = Quantity("negative loss", "negative losses", percent=False)
WORDS = re.compile(
    r"\baccurac(?:y|ies)\b|(?<!wall time )\(%\)|(?:in|\() ?points\b|\d points\b|(?:seen|truth|test|regret) %",
    re.I,
)
"""What nobody may say of a loss."""
NOTE = "Metrics: accuracy for class_object"
"""How the note begins that stands under tables of all tasks."""


@pytest.fixture(scope="module")
def results(shared_data, command, tmp_path_factory):
    """Runs on a task with a negative loss and on one with an accuracy."""
    pytest.importorskip("pyarrow", reason="the real table is parquet")
    folder = tmp_path_factory.mktemp("quantities")
    with data_folder(folder / "data"):
        imported = command("data", "import", "transnas-micro", shared_data / "transnasbench101_micro.parquet")
        assert imported.code == 0, imported.err
        words = ["bench=transnas-micro:room_layout,transnas-micro:class_object", "budget=12", "seeds=2"]
        run = command("run", "methods=random,local_search", *words, "workers=1", f"results={folder / 'runs'}")
        assert run.code == 0, run.err
        (folder / "run.txt").write_text(run.out)
        (folder / "progress.txt").write_text(run.err)
        yield folder
    tabular.catalogue.load.cache_clear()


def without_notes(text):
    """What stands in the benchmark's own note is not looked at, nor any script."""
    text = re.sub(r"<script.*?</script>|<style.*?</style>", "", text, flags=re.S)
    return "\n".join(
        part for part in re.split(r"\n\n|</?li>|</?p[ >]", text) if NOTE not in " ".join(part.split())
    )


def test_reports_know_it_from_the_reference(results):
    by_name = {each.benchmark: each for each in compare(load(RunStore(results / "runs")))}
    assert by_name["transnas-micro:room_layout"].quantity == LOSS
    assert by_name["transnas-micro:class_object"].quantity == ACCURACY


def test_a_reference_holds_what_is_no_accuracy_alone(results):
    files = {
        each.parent.parent.parent.name: each for each in (results / "runs").glob("*/*/_reference/*.json")
    }
    store = RunStore(results / "runs")
    loss, accuracy = (
        store.parse_reference(files[f"transnas-micro-{task}"]) for task in ("room_layout", "class_object")
    )
    assert loss.content()["quantity"] == {
        "name": "negative loss",
        "plural": "negative losses",
        "percent": False,
    }
    assert "quantity" not in accuracy.content()
    for each in (loss, accuracy):
        assert Reference.of(each.content()).quantity == each.quantity


def test_an_older_reference_is_written_again(results, command):
    """It said nothing of the quantity: the next run with the data at hand adds it."""
    (file,) = (results / "runs").glob("transnas-micro-room_layout/*/_reference/*.json")
    store, content = RunStore(results / "runs"), file.read_bytes()
    old = store.parse_reference(file).content()
    del old["quantity"], old["digest"]
    import json

    file.write_text(json.dumps(old))
    assert store.parse_reference(file).quantity == ACCURACY
    words = ["bench=transnas-micro:room_layout", "budget=12", "seeds=2", "workers=1"]
    assert command("run", "methods=random", *words, f"results={results / 'runs'}").code == 0
    assert store.parse_reference(file).quantity == LOSS
    file.write_bytes(content)


def test_tables_name_it(results):
    shown = (results / "run.txt").read_text()
    accuracy, loss = shown.split("transnas-micro:room_layout: ")
    assert loss.startswith("best negative loss (hundredths) versus queries")
    assert "0.5 hundredths" in loss and "optimum - truth, in hundredths" in " ".join(loss.split())
    assert not WORDS.findall(without_notes(loss))
    assert "transnas-micro:class_object: best accuracy (%) versus queries" in accuracy
    assert "0.5 points" in accuracy and "hundredths" not in accuracy


def test_progress_names_it(results):
    lines = (results / "progress.txt").read_text().splitlines()
    best = [line for line in lines if "best seen" in line]
    assert any(re.search(r"room_layout .*best seen -\d+\.\d\d hundredths", line) for line in best)
    assert all("%" not in line for line in best if "room_layout" in line)


@pytest.mark.parametrize("form", ["markdown", "latex"])
def test_every_format_names_it(results, command, form):
    words = ["bench=transnas-micro:room_layout", f"format={form}", f"results={results / 'runs'}"]
    text = command("report", *words).out
    assert "negative loss (hundredths)" in text and not WORDS.findall(without_notes(text))


def test_pages_and_figures_name_it(results, command, tmp_path):
    words = ["bench=transnas-micro:room_layout", "format=html", f"results={results / 'runs'}"]
    outcome = command("report", *words, f"out={tmp_path}")
    assert outcome.code == 0, outcome.err
    page = (tmp_path / "transnas-micro-room_layout.html").read_text()
    assert not WORDS.findall(without_notes(page))
    assert "negative loss of the best found (hundredths)" in page and "regret (hundredths)" in page
    assert '"regret (hundredths)" : `${state.metric} (hundredths)`' in page
    assert "truth -" in page and " hundredths" in re.search(r'<p class="lead">[^<]*', page)[0]
    assert "@unit" not in page and "@points" not in page
    assert "Truth in hundredths at the end of the budget" in (tmp_path / "index.html").read_text()
    verified = command("report", "verify", f"out={tmp_path}", f"results={results / 'runs'}")
    assert verified.code == 0, verified.out


def test_a_run_names_it(results, command):
    (file,) = (results / "runs").glob("transnas-micro-room_layout/*/random/0-*.json")
    shown = command("show", file, f"results={results / 'runs'}").out
    assert "seen hundredths  truth hundredths  test hundredths" in shown
    assert "the best validation negative loss seen so far" in " ".join(shown.split())


def test_the_list_of_data_names_it(results, command):
    shown = command("data", "list").out
    assert "  metric: negative loss, shown in hundredths\n" in shown


def test_quality_names_it(results, command):
    """In titles, measures and notes, of what is measured and of what is not known."""
    words = ["bench=transnas-micro:room_layout", "seeds=1", "workers=1", f"results={results / 'quality'}"]
    sizes = ["sizes.trials=1", "sizes.cells=200", "sizes.walks=5", "sizes.tested=50"]
    shown = command("quality", "methods=one_hot", "parts=geometry,prediction", *sizes, *words)
    assert shown.code == 0, shown.err
    text = " ".join(shown.out.split())
    assert "how latent distances go with mutations and negative loss" in text
    assert "RMSE: root mean squared error in hundredths." in text
    assert "Negative loss: mean over replicates (25-epoch valid)." in text
    assert not WORDS.findall(without_notes(shown.out))


def test_rules_and_metrics_are_those_of_accuracy_unless_told(results):
    (comparison,) = (each for each in compare(load(RunStore(results / "runs"))) if each.quantity == ACCURACY)
    for rule, other in zip(
        spelled_out(comparison.protocol, 12), spelled_out(comparison.protocol, 12, LOSS), strict=True
    ):
        assert rule.sentence.replace("accuracies", "negative losses").replace(
            "accuracy", "negative loss"
        ) == (other.sentence)
    for metric in METRICS.values():
        assert worded(metric, ACCURACY) is metric
    assert worded(METRICS["truth"], LOSS).unit == worded(METRICS["regret"], LOSS).unit == "hundredths"
    assert worded(METRICS["hypervolume"], LOSS).unit == "%"
