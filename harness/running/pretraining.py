"""Pre-trained models, cached by content. The cache can be deleted at any time; results do not change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.running.checkpoints import Checkpoints
from harness.running.seeding import noise, stream
from harness.study.code import module_digest
from harness.study.hyper import rebuilt
from harness.study.method import build
from harness.study.registry import Registry
from harness.study.spec import ModelSpec, canonical_hash
from methods.base import Pretrainable, Representation
from tabular.catalogue import default_protocol, load, load_unlabelled, protocols
from tabular.oracle import Observations, Oracle
from tabular.protocol import find_protocol
from tabular.space import EnumerableSpace, SearchSpace
from tabular.split import split
from tabular.table_file import data_folder, write_atomically

if TYPE_CHECKING:
    from torch import Tensor

Facts = dict[str, float]
Curve = list[dict[str, float]]
"""Of every pass over the cells: `epoch`, and the facts of it."""
Tell = Callable[[int, int, Facts], None]
"""Called after a pass with how many are done, how many there will be at most, and its facts."""


def space_of(model: ModelSpec) -> SearchSpace:
    """The space a model is trained on."""
    benchmark = load_unlabelled(model.benchmark)
    return benchmark.space if model.split is None else split(benchmark, model.split).training


def identity(model: ModelSpec, registry: Registry) -> dict[str, Any]:
    """All that decides a pre-trained model: code, space, plugin, hyper-parameters, seed, labels if any."""
    space, cls = space_of(model), _class(model, registry)
    file = sys.modules[cls.__module__].__file__
    assert file is not None
    return {
        "code": module_digest(cls.__module__, file),
        "space": space.digest,
        "complexity": space.complexity_digest if cls.learns_complexity else None,
        "representation": model.plugin.identity(),
        "seed": model.seed,
        **({"labels": load(model.benchmark).digest} if _uses_labels(model, cls) else {}),
    }


def cache_path(model: ModelSpec, registry: Registry) -> Path:
    """Where a pre-trained model lies, present or not."""
    key = canonical_hash(identity(model, registry))
    return data_folder() / "pretrained" / f"{model.plugin.name}-{key[:16]}.safetensors"


def is_cached(model: ModelSpec | None, registry: Registry) -> bool:
    """Whether pre-training is done or not needed."""
    return model is None or cache_path(model, registry).is_file()


def facts_at(path: Path) -> Facts | None:
    """What was measured of the model that is cached there, if it is whole."""
    header = _header(path)
    return json.loads(header["facts"]) if header else None


def curve_of(model: ModelSpec, registry: Registry) -> Curve:
    """How the pre-training of a cached model went; empty if it is not kept."""
    header = _header(cache_path(model, registry))
    return json.loads(header.get("curve", "[]")) if header else []


def pretrained(
    model: ModelSpec, registry: Registry, tell: Tell = lambda done, most, facts: None
) -> tuple[dict[str, Tensor], Facts]:
    """Learnt state and measured facts, from the cache or learnt now in an instance of its own.

    `facts` holds what the representation measured of the outcome, and `seconds`, the time it took. A training
    that was cut short goes on from its last checkpoint. Where the cache cannot be written the model is learnt
    again by every run.
    """
    found = _read(cache_path(model, registry))
    return found if found is not None else _learn(model, registry, tell)


def _learn(model: ModelSpec, registry: Registry, tell: Tell) -> tuple[dict[str, Tensor], Facts]:
    from safetensors.torch import save

    space, path = space_of(model), cache_path(model, registry)
    rng = stream("pretraining", space.digest, model.plugin.name, model.seed)
    representation = build("representation", model.plugin, registry, rng)
    assert isinstance(representation, Representation) and isinstance(representation, Pretrainable)
    name, length = growth(model, registry)
    watch = Checkpoints(data_folder() / "training", name, length is not None, tell)
    labels = free_labels(model, space) if _uses_labels(model, type(representation)) else None
    start = time.perf_counter()
    facts = dict(representation.pretrain(space, labels, watch))
    facts["seconds"] = watch.seconds_before + time.perf_counter() - start
    state = {name: tensor.detach().clone().contiguous() for name, tensor in representation.state().items()}
    header = {"facts": json.dumps(facts), "curve": json.dumps(watch.curve), "digest": _digest(state)}
    with contextlib.suppress(OSError):  # documented at `pretrained`
        write_atomically(path, save(state, metadata=header), durable=False)
        watch.finished()
    return state, facts


def growth(model: ModelSpec, registry: Registry) -> tuple[str, float | None]:
    """Name of a training's checkpoints, and its length where longer ones of that name go on from them."""
    what, cls = identity(model, registry), _class(model, registry)
    hyper = rebuilt(registry.load("representation", model.plugin.name), model.plugin.hyper)
    field = cls.grows(hyper)
    if field:
        plugin = what["representation"]
        rest = {name: value for name, value in plugin["hyper"].items() if name != field}
        what = {**what, "representation": {**plugin, "hyper": rest}}
    name = f"{model.plugin.name}-{canonical_hash(what)[:16]}"
    return name, float(getattr(hyper, field)) if field else None


def free_labels(model: ModelSpec, space: SearchSpace) -> Observations:
    """Of all cells of the training part: each is a query, and they are paid before anything is measured."""
    assert isinstance(space, EnumerableSpace)
    benchmark, cells = load(model.benchmark), space.all()
    protocol = find_protocol(default_protocol(model.benchmark), model.benchmark, protocols())
    labels = noise(model.benchmark, model.seed, protocol.replicate)
    oracle = Oracle(benchmark, protocol, len(cells), labels)
    oracle.query(cells, "initial", protocol.epochs)
    return oracle.observed


def _uses_labels(model: ModelSpec, cls: type[Pretrainable]) -> bool:
    return model.labels and cls.learns_labels


def _class(model: ModelSpec, registry: Registry) -> type[Pretrainable]:
    cls = registry.load("representation", model.plugin.name)
    assert issubclass(cls, Pretrainable)
    return cls


def _header(path: Path) -> dict[str, str] | None:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="np") as file:
            return file.metadata() or None
    except (SafetensorError, OSError):
        return None


def _read(path: Path) -> tuple[dict[str, Tensor], Facts] | None:
    from safetensors import SafetensorError, safe_open

    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="pt") as file:
            header = file.metadata() or {}
            state = {name: file.get_tensor(name) for name in file.keys()}
        return (state, json.loads(header["facts"])) if header["digest"] == _digest(state) else None
    except (SafetensorError, OSError, KeyError, ValueError):
        return None


def _digest(state: dict[str, Tensor]) -> str:
    """sha256 (hex) over names, shapes and values: a damaged cache file is noticed and learnt again."""
    sha = hashlib.sha256()
    for name in sorted(state):
        sha.update(f"{name}{tuple(state[name].shape)}".encode())
        sha.update(state[name].numpy().tobytes())
    return sha.hexdigest()
