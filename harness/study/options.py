"""The `key=value` command line: parsed, typed, checked; unknown keys are refused with the closest one."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from harness.study.seeds import MOST, read
from harness.study.shard import Shard
from tabular.errors import HarnessError, unknown

Format = Literal["text", "markdown", "latex", "csv", "json", "figures", "html", "all"]
Axis = Literal["queries", "architectures", "classes", "seconds", "wall", "total"]
OF_RUNS = ("at", "x", "metric", "budget", "protocol", "across")
"""Keys of reports that records of quality have no use for."""
OF_BOTH = ("budget", "protocol")
"""Of these what has one where they are put against runs."""
COMMA = r",(?![^\[\]]*\])"
"""Between names; one inside brackets is part of a name."""
DEFAULT_BATCH, DEFAULT_MOST_SEEDS = 5, 50


def _names(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    names = tuple(name.strip() for name in re.split(COMMA, text) if name.strip())
    if not names:
        raise ValueError("needs at least one name")
    return tuple(dict.fromkeys(names))


def _seeds(text: Any) -> Any:
    return read(text) if isinstance(text, str) else text


def _points(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    try:
        points = tuple(sorted({int(point) for point in text.split(",")}))
    except ValueError:
        raise ValueError("needs query counts such as 25,50,100") from None
    if points[0] < 1:
        raise ValueError("query counts start at 1")
    return points


def _shard(text: Any) -> Any:
    if not isinstance(text, str):
        return text
    number, _, count = text.partition("/")
    try:
        shard = Shard(int(number), int(count))
    except ValueError:
        raise ValueError("needs i/n, such as 2/5: the second of five shares") from None
    if not 1 <= shard.number <= shard.count:
        raise ValueError(f"needs i/n with i from 1 to n; 1/{max(shard.count, 1)} is the first")
    return shard


def _filled(text: Any) -> Any:
    if isinstance(text, str) and not text.strip():
        raise ValueError("needs a value")
    return text


Text = Annotated[str, BeforeValidator(_filled)]
Folder = Annotated[Path, BeforeValidator(_filled)]
Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Seeds = Annotated[tuple[int, ...], BeforeValidator(_seeds)]
Points = Annotated[tuple[int, ...], BeforeValidator(_points)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_names)]
Benchmarks = Annotated[Names, Field(description="benchmarks: nb201, nb201:cifar100, nb201:*")]
SomeSeeds = Annotated[
    Seeds,
    Field(
        description="a count (10), a range (3..7) or a list (1,4,8..9)",
        examples=["10", "3..7", "1,4,8..9"],
    ),
]
Workers = Annotated[int, Field(ge=1, description="worker processes")]
Share = Annotated[
    Shard | None,
    BeforeValidator(_shard),
    Field(description="only this share of the runs, for several machines: 2/5 is the second of five"),
]
Timeout = Annotated[
    float | None,
    Field(
        gt=0,
        allow_inf_nan=False,
        description="seconds a run or a pre-training may take; one that takes longer has failed",
    ),
]
Existing = Annotated[
    Literal["skip", "redo", "redo-stale"],
    Field(description="stored runs: skip them, redo them, or redo-stale: those made by other code"),
]
CORES = os.cpu_count() or 1


class Shown(BaseModel):
    """Keys of whatever prints tables."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    results: Folder = Field(Path("results"), description="folder of stored runs")
    format: Format = Field(
        "text", description="text, markdown, latex, csv, json; or files: figures, html, all"
    )
    out: Folder = Field(Path("reports"), description="folder for files")
    statistic: Text = Field("mean", description="what stands for the seeds")
    rows: Literal["means", "runs"] = Field(
        "means", description="of json and csv: means over seeds, or every run by itself"
    )
    plugins: Paths = Field(
        (), description="files with a method or benchmark of yours", examples=["./ridge.py", "a.py,b.py"]
    )

    @field_validator("rows")
    @classmethod
    def _only_as_rows(cls, value: str, info: ValidationInfo) -> str:
        if value == "runs" and info.data.get("format", "text") not in ("json", "csv"):
            raise ValueError("has a meaning with format=json and format=csv only")
        return value


class Shared(Shown):
    """Keys that `run` and `report` share."""

    at: Points | None = Field(
        None, description="points of the table on the axis (25,50,100,150)", examples=["10,100"]
    )
    x: Axis | None = Field(
        None,
        description="axis: queries, architectures, classes, seconds (simulated), wall, total (default: the "
        "budget's unit)",
    )
    metric: Text | None = Field(None, description="what is shown and ranked by (default truth)")


class RunOptions(Shared):
    """Keys of `harness run`."""

    methods: Names = Field(
        description="methods to compare: ngae,arch2vec,one_hot+gp_bo,random",
        examples=["ngae,arch2vec", "one_hot+gp_bo"],
    )
    optimizers: Names = Field((), description="cross the representations among methods with these")
    bench: Benchmarks = ("nb201",)
    tie_cells: bool = Field(False, description="DARTS space: one cell for both, arch2vec's rule (nb301:tied)")
    complexity: Text | None = Field(
        None, description="measure that methods learn or price: flops, params, latency:edgegpu"
    )
    candidates: Text | None = Field(
        None,
        description="all methods search among the architectures of this file alone: csv or parquet",
        examples=["emb.parquet", "emb.csv[architectures=arch]"],
    )
    seeds: SomeSeeds = tuple(range(10))
    budget: Annotated[int, Field(ge=1)] | None = Field(
        None, description="what a run may spend: queries, or seconds where the protocol counts them"
    )
    protocol: Text | None = Field(None, description="rules of the comparison (see harness list)")
    workers: Workers = CORES
    shard: Share = None
    timeout: Timeout = None
    existing: Existing = "skip"
    pretrain_seed: Literal["shared", "per-seed"] = Field(
        "shared", description="one pre-trained model for all seeds, or one per seed"
    )
    until: Literal["decided"] | None = Field(
        None, description="decided: add seeds until all pairs of methods are separated"
    )
    batch: Annotated[int, Field(ge=1)] | None = Field(
        None, description=f"until=decided: seeds added at a time ({DEFAULT_BATCH})"
    )
    most_seeds: Annotated[int, Field(ge=2, le=MOST)] | None = Field(
        None, description=f"until=decided: limit, in all ({DEFAULT_MOST_SEEDS})"
    )

    @field_validator("batch", "most_seeds")
    @classmethod
    def _only_until_decided(cls, value: int | None, info: ValidationInfo) -> int | None:
        if value is not None and info.data.get("until") is None:
            raise ValueError("has a meaning with until=decided only")
        return value

    @field_validator("until")
    @classmethod
    def _not_in_shares(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and info.data.get("shard") is not None:
            raise ValueError("needs all runs to decide; shard= makes a share of them")
        return value


class ReportOptions(Shared):
    """Keys of `harness report`."""

    kind: Literal["runs", "quality"] = Field(
        "runs", description="what is shown: runs, or the quality of representations"
    )
    methods: Names | None = Field(None, description="only these methods")
    bench: Names | None = Field(None, description="only these benchmarks")
    seeds: Seeds | None = Field(None, description="only these seeds")
    budget: int | None = Field(None, description="only runs of this budget")
    protocol: Names | None = Field(None, description="only this protocol")
    across: bool = Field(False, description="rank methods across benchmarks (Friedman, Nemenyi)")
    parts: Names | None = Field(None, description="kind=quality: only these parts")
    against: Literal["regret"] | None = Field(
        None, description="kind=quality: does it predict the regret of searches with the representation?"
    )

    @model_validator(mode="after")
    def _of_one_kind(self) -> Self:
        quality, fields = self.kind == "quality", type(self).model_fields
        unfit = [name for name in OF_RUNS if not (self.against and name in OF_BOTH)]
        for name in unfit if quality else ("parts", "against"):
            if getattr(self, name) != fields[name].default:
                raise ValueError(f"{name}= has a meaning with kind={'runs' if quality else 'quality'} only")
        return self


Options = TypeVar("Options", bound=BaseModel)


def parse(
    words: list[str], model: type[Options], overrides: bool = False
) -> tuple[Options, dict[str, dict[str, str]]]:
    """Options and hyper-parameter overrides (`plugin.field=value`) of a command line.

    Raises `HarnessError`, one line, for anything that is not understood.
    """
    values: dict[str, str] = {}
    hyper: dict[str, dict[str, str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise HarnessError(f"'{word}' is not key=value. Keys: {', '.join(sorted(model.model_fields))}")
        plugin, dot, field = key.partition(".")
        if key in values or field in hyper.get(plugin, {}):
            raise HarnessError(f"{key} is given twice")
        if dot and overrides:
            hyper.setdefault(plugin, {})[field] = value
        elif key not in model.model_fields:
            raise unknown("key", key, model.model_fields)
        else:
            values[key] = value
    try:
        return model.model_validate(values), hyper
    except ValidationError as problem:
        raise HarnessError(explain(problem, values)) from None


def explain(problem: ValidationError, given: dict[str, str]) -> str:
    """The first complaint of pydantic in one line, with what was given."""
    error = problem.errors()[0]
    message = error["msg"].removeprefix("Value error, ")
    if not error["loc"]:  # of several keys together
        return message
    name = str(error["loc"][0])
    if error["type"] == "missing":
        return f"{name}= is missing"
    return f"{name}={given.get(name, '')}: {message[0].lower()}{message[1:]}"
