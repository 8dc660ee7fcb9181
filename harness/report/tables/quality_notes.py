"""What stands under the tables of a part of quality: what the numbers mean, and how they came about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.compare.claims import claims
from harness.compare.published import published_of
from harness.compare.quality import QualityLine, QualityTable
from harness.quality.prediction import PART
from harness.quality.subject import Measure
from harness.report.tables.label_blocks import label_notes
from harness.report.tables.mixed import mixed_lines
from harness.report.tables.quality_blocks import measures_of, shown
from harness.report.tables.quality_cells import heading
from harness.stats.summary import STATISTICS
from harness.study.quality_spec import QualitySpec
from harness.study.seeds import ranges

BETTER = {"higher": " (higher is better)", "lower": " (lower is better)", "": ""}


def own_notes(table: QualityTable) -> list[str]:
    """Sentences on one table: what its measures are, and what is missing."""
    return [
        *(label_notes(table) if table.spec.part == PART.name else _of_measures(table)),
        *_of_sizes(table),
        *quality_warnings([table]),
        *_claims(table),
        *_unknown(table),
        *(sentence for line in table.lines for sentence in _missing(table, line)),
    ]


def common_notes(tables: Sequence[QualityTable], statistic: str) -> list[str]:
    """Sentences on tables that were made alike, the meaning of the numbers first."""
    lines = [line for table in tables for line in table.lines]
    said = [words for line in lines for words in (*_of_points(line), _pretraining(line))]
    note = tables[0].lines[0].records[0].provenance.get("note", "")
    return [_meaning(statistic), circumstances(tables[0]), *filter(None, [note, *dict.fromkeys(said)])]


def quality_caption(table: QualityTable, title: str, statistic: str) -> str:
    """For a table on its own: everything a number of it depends on."""
    return " ".join([f"{title}.", _meaning(statistic), *_of_sizes(table), circumstances(table)])


def above(table: QualityTable) -> list[str]:
    """Sentences that nobody may miss: means over different code."""
    where = f"{table.spec.benchmark} ({table.spec.part})"
    return mixed_lines(where, {line.label: line.records for line in table.lines})


def quality_warnings(tables: list[QualityTable]) -> list[str]:
    """What has no place in rows: failures."""
    return [
        f"{failed.spec.title} on {failed.spec.benchmark} failed and counts in no number: {failed.problem}"
        for table in tables
        for failed in table.failed
    ]


def sizes_words(spec: QualitySpec) -> str:
    """How much was measured."""
    return " ".join(f"{name}={value}" for name, value in spec.sizes.items())


def _meaning(statistic: str) -> str:
    words = STATISTICS[statistic].words
    return (
        f"{words[0].upper()}{words[1:]} over n seeds ±sd, and [95 % bootstrap interval of the {words}]; at "
        "every seed the representation learns anew, and other cells are drawn, the same for all."
    )


def _of_measures(table: QualityTable) -> list[str]:
    return [*map(_of_measure, shown(table)), *_of_published(table)]


def _of_measure(measure: Measure) -> str:
    return f"{heading(measure)}: {measure.words or measure.name}{BETTER[measure.better]}."


def _of_sizes(table: QualityTable) -> list[str]:
    """How much was measured, in the words that a command line takes."""
    words = " ".join(f"sizes.{name}={value}" for name, value in table.spec.sizes.items())
    return [f"{table.spec.part}: {words}."] if words else []


def _of_published(table: QualityTable) -> list[str]:
    """Where published numbers are from, and what they are shares of."""
    headings = {each.name: heading(each) for each in shown(table)}
    said = {
        (each.source, headings[measure], each.definition)
        for numbers in published_of(table).values()
        for measure, each in numbers.items()
        if measure in headings
    }
    return [f"published, {name} ({source}): {definition}." for source, name, definition in sorted(said)]


def circumstances(table: QualityTable) -> str:
    """What all records of the table have in common, and by which code they were made."""
    spec, one = table.spec, table.lines[0].records[0].provenance
    labels = {"none": "no labels", "training": "the labels of that part, all free"}[spec.labels]
    split, epochs = spec.protocol.truth
    made = {
        (str(record.provenance.get("commit"))[:8], bool(record.provenance.get("dirty")))
        for line in table.lines
        for record in line.records
    }
    codes = sorted(f"{commit}{' with changes' if dirty else ''}" for commit, dirty in made)
    accuracy = table.quantity.said("Accuracy")
    return (
        f"Learnt from {one.get('training_cells')} cells ({one.get('split')}) and {labels}; tested on the "
        f"{one.get('test_cells')} others. {accuracy}: mean over replicates ({epochs}-epoch {split}). "
        f"Table {spec.table_digest[:12]}, seeds {ranges(table.seeds)}, code {', '.join(codes)}."
    )


def _claims(table: QualityTable) -> list[str]:
    """What the NGAE paper claims of what is proposed, against the lines."""
    return [f"NGAE, Figure 5. {each.sentence}." for each in claims(table)]


def _unknown(table: QualityTable) -> list[str]:
    """Measures that nobody has here."""
    names = [heading(each) for each in measures_of(table) if each.shown and not table.is_known(each.name)]
    return [f"Not known here: {', '.join(names)}."] if names else []


def _missing(table: QualityTable, line: QualityLine) -> list[str]:
    sentences = []
    if line.seeds != table.seeds:
        sentences.append(f"{line.label}: only seeds {ranges(line.seeds)} (n = {len(line.seeds)}).")
    for measure in shown(table):
        missing = np.isnan(line.values(measure.name))
        if missing.any() and not missing.all():
            seeds = [seed for seed, none in zip(line.seeds, missing, strict=True) if none]
            sentences.append(
                f"{line.label}: {heading(measure)} is without seeds {ranges(seeds)}, which have none."
            )
    return sentences


def _of_points(line: QualityLine) -> list[str]:
    """What is to be said of the representation, and on which cells it is measured if it knows no others."""
    made = line.records[0].provenance
    said = [f"{line.label}: {made['remark']}."] if "remark" in made else []
    if "candidates" in made:
        held, of = made["candidates"]
        said.append(
            f"{line.label}: measured among the {held:,} of {of:,} architectures that its file holds, tested "
            f"on {made['test_cells']:,} of them: other cells than those of other lines."
        )
    return said


def _pretraining(line: QualityLine) -> str:
    """What pre-training cost and reached; empty where there is none."""
    facts = [record.pretraining for record in line.records if record.pretraining]
    if not facts:
        return ""
    if line.is_untrained:
        return f"{line.label}: untrained, its weights are as they were drawn; {_outcome(facts)}."
    seconds = np.mean([each["seconds"] for each in facts])
    return f"{line.label}: pre-trained in {seconds:.0f} s; {_outcome(facts)}."


def _outcome(facts: Sequence[Mapping[str, float]]) -> str:
    """What pre-training reached, on average; a fact may have been added since some of it was stored."""
    names = dict.fromkeys(name for each in facts for name in each if name != "seconds")
    return ", ".join(
        _fact(name, float(np.mean([each[name] for each in facts if name in each]))) for name in names
    )


def _fact(name: str, mean: float) -> str:
    """A measured fact in words; names that end in `_percent` are percentages."""
    words = name.removesuffix("_percent").replace("_", " ")
    return f"{words} {mean:.1f} %" if name.endswith("_percent") else f"{words} {mean:.4g}"
