"""What is said, before it is used, of a model whose decoder does not reach the floor of its space."""

from __future__ import annotations

from pathlib import Path

from harness.running.pretraining import cache_path, facts_at
from harness.study.registry import Registry
from harness.study.spec import Spec


class Floors:
    """Models that were looked at; each is said once, by the first method that uses it."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._asked: set[tuple[str, str, int]] = set()
        self._seen: set[Path] = set()

    def sentence(self, spec: Spec) -> str | None:
        """About a spec's model, if it is trained, below its floor, and was not said yet."""
        model = spec.model
        if model is None or (asked := (spec.benchmark, spec.method, model.seed)) in self._asked:
            return None
        path = cache_path(model, self._registry)
        facts = facts_at(path)
        if facts is None:
            return None
        self._asked.add(asked)
        if path in self._seen:
            return None
        self._seen.add(path)
        reached, floor = facts.get("reconstruction_exact_percent"), facts.get("floor_percent")
        if reached is None or floor is None or reached >= floor:
            return None
        return (
            f"{spec.method} on {spec.benchmark}: its decoder reconstructs {reached:.1f} % of cells; its "
            f"floor there is {floor:g} %"
        )
