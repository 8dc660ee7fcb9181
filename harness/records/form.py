"""A record as the text of its file, and back, whatever kind it is. `docs/runs.md` says what fields mean.

One line per top-level key; all lines but `provenance` are the same bytes whenever and however the work is
repeated, and `digest` is of them.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Protocol, TypeVar, final

from harness.records.run import FailedRun
from harness.study.spec import Spec, canonical_hash

FORMAT = 1


class Record(Protocol):
    """What a kind of work has left behind."""

    @property
    def spec(self) -> Spec:
        """What it is of."""

    @property
    def provenance(self) -> dict[str, Any]:
        """Where and when it was made, by which code on which machine."""


S = TypeVar("S", bound=Spec)
R = TypeVar("R", bound=Record)


class Form(ABC, Generic[S, R]):
    """How one kind of record is written."""

    kind: ClassVar[str]
    """As its files name it; empty for runs, whose files do not."""
    failed: ClassVar[Mapping[str, Any]]
    """The kind's own lines, in order and with `provenance` among them, where there is nothing to tell."""

    @abstractmethod
    def is_ours(self, folder: str) -> bool:
        """Whether a folder of a benchmark is for this kind, by its name."""

    @abstractmethod
    def spec(self, method: str, identity: dict[str, Any]) -> S:
        """Inverse of `Spec.identity`; raises `ValueError` or `KeyError` for what it does not know."""

    @abstractmethod
    def lines(self, record: R) -> dict[str, Any]:
        """The kind's own lines, those of `failed`."""

    @abstractmethod
    def record(self, spec: S, content: dict[str, Any], provenance: dict[str, Any]) -> R:
        """Inverse of `lines`; raises `ValueError`, `TypeError` or `KeyError` if they are not whole."""

    @final
    def text(self, record: R | FailedRun[S]) -> str:
        """What is stored."""
        spec, failed = record.spec, isinstance(record, FailedRun)
        kind = {"kind": self.kind} if self.kind else {}
        head = {"format": FORMAT, **kind, "key": spec.key, "method": spec.method}
        lines = {**head, "identity": spec.identity(), "configuration": spec.configuration_hash}
        lines["status"] = "failed" if failed else "done"
        if isinstance(record, FailedRun):
            lines |= {**self.failed, "provenance": record.provenance, "traceback": record.traceback}
        else:
            lines |= {**self.lines(record), "traceback": None}
        lines = {"format": FORMAT, "digest": digest_of(lines), **lines}
        body = ",\n".join(
            f'"{key}": {json.dumps(value, separators=(",", ":"))}' for key, value in lines.items()
        )
        return f"{{\n{body}\n}}\n"

    @final
    def read(self, text: str | bytes) -> R | FailedRun[S]:
        """Inverse of `text`; raises `ValueError`, `TypeError` or `KeyError` if it is not whole."""
        if not text.strip():
            raise ValueError("empty")
        if text.rstrip()[-1:] not in ("}", b"}"):
            raise ValueError("not whole")
        content = dict(json.loads(text))
        if content["format"] != FORMAT:
            raise ValueError("another format version")
        if content.get("kind", "") != self.kind:
            raise ValueError("another kind of record")
        if "digest" in content and content["digest"] != digest_of(content):
            raise ValueError("edited: its digest does not fit its content")
        spec = self.spec(str(content["method"]), dict(content["identity"]))
        if content["key"] != spec.key:
            raise ValueError("its key does not fit its identity")
        if content["configuration"] != spec.configuration_hash:
            raise ValueError("its configuration does not fit its identity")
        provenance = dict(content["provenance"])
        if not all(isinstance(provenance.get(name), str | None) for name in ("code", "commit", "started")):
            raise ValueError("its provenance is not whole")
        if content["status"] == "failed":
            return FailedRun(spec, content["traceback"] or "", provenance)
        if content["status"] != "done":
            raise ValueError(f"its status is '{content['status']}'")
        return self.record(spec, content, provenance)


def digest_of(content: Mapping[str, Any]) -> str:
    """sha256 (hex) of all that is the same whenever work is repeated; the first files are without it."""
    apart = ("provenance", "digest")
    return canonical_hash({name: value for name, value in content.items() if name not in apart})
