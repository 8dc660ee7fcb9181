"""The protocols of NAS-Bench-201 by name, and a way to offer one more."""

from tabular.benchmarks import nb201

PROTOCOLS = {each.name: each for each in nb201.PROTOCOLS}


def offer(monkeypatch, protocol):
    """Let the catalogue know another protocol for the length of a test."""
    monkeypatch.setattr(nb201, "PROTOCOLS", (*nb201.PROTOCOLS, protocol))
