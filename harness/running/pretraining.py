"""Pre-trained models, cached by content. The cache can be deleted at any time; results do not change."""

from __future__ import annotations

import contextlib
import hashlib
import json
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.running.seeding import stream
from harness.study.code import module_digest
from harness.study.method import build
from harness.study.registry import Registry
from harness.study.spec import RunSpec, canonical_hash
from methods.base import Pretrainable, Representation
from tabular.catalogue import load
from tabular.table_file import data_folder, write_atomically

if TYPE_CHECKING:
    from torch import Tensor

Facts = dict[str, float]


def identity(spec: RunSpec, registry: Registry) -> dict[str, Any]:
    """All that decides a pre-trained model: code, space, plugin, hyper-parameters, seed. Never labels."""
    assert spec.representation is not None
    space = load(spec.benchmark).space
    cls = registry.load("representation", spec.representation.name)
    assert issubclass(cls, Pretrainable)
    file = sys.modules[cls.__module__].__file__
    assert file is not None
    return {
        "code": module_digest(cls.__module__, file),
        "space": space.digest,
        "complexity": space.complexity_digest if cls.learns_complexity else None,
        "representation": spec.representation.identity(),
        "seed": spec.pretrain_seed,
    }


def cache_path(spec: RunSpec, registry: Registry) -> Path:
    """Where the pre-trained model of a run lies, present or not."""
    assert spec.representation is not None
    key = canonical_hash(identity(spec, registry))
    return data_folder() / "pretrained" / f"{spec.representation.name}-{key[:16]}.safetensors"


def is_cached(spec: RunSpec, registry: Registry) -> bool:
    """Whether the run's pre-training is done or not needed."""
    return spec.pretrain_seed is None or cache_path(spec, registry).is_file()


def pretrained(spec: RunSpec, registry: Registry) -> tuple[dict[str, Tensor], Facts]:
    """Learnt state and measured facts, from the cache or learnt now in an instance of its own.

    `facts` holds what the representation measured of the outcome, and `seconds`, the time it took.
    Where the cache cannot be written the model is learnt again by every run.
    """
    found = _read(cache_path(spec, registry))
    return found if found is not None else _learn(spec, registry)


def _learn(spec: RunSpec, registry: Registry) -> tuple[dict[str, Tensor], Facts]:
    from safetensors.torch import save

    plugin = spec.representation
    assert plugin is not None and spec.pretrain_seed is not None
    space = load(spec.benchmark).space
    rng = stream("pretraining", space.digest, plugin.name, spec.pretrain_seed)
    representation = build("representation", plugin, registry, rng)
    assert isinstance(representation, Representation) and isinstance(representation, Pretrainable)
    start = time.perf_counter()
    facts = dict(representation.pretrain(space))
    facts["seconds"] = time.perf_counter() - start
    state = {name: tensor.detach().clone().contiguous() for name, tensor in representation.state().items()}
    with contextlib.suppress(OSError):  # documented at `pretrained`
        header = {"facts": json.dumps(facts), "digest": _digest(state)}
        write_atomically(cache_path(spec, registry), save(state, metadata=header), durable=False)
    return state, facts


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
