"""Order within the layers of a drawn graph, and places along them (see `dag`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

Edge = tuple[int, int]
SWEEPS = 24
GAP = {"wide": 1.0, "narrow": 0.42}
"""Between two vertices; a bend or junction takes less room."""


def ordered(layers: Sequence[Sequence[int]], segments: Sequence[Edge]) -> list[list[int]]:
    """The layers in the order with the fewest crossings that sweeping up and down finds."""
    above, below = _neighbours(segments, up=True), _neighbours(segments, up=False)
    current = [list(layer) for layer in layers]
    best, fewest = [list(layer) for layer in current], crossings(current, segments)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        rows = range(1, len(current)) if down else range(len(current) - 2, -1, -1)
        for row in rows:
            fixed = {vertex: place for place, vertex in enumerate(current[row - 1 if down else row + 1])}
            _by_mean(current[row], fixed, above if down else below)
        _exchange(current, segments)
        found = crossings(current, segments)
        if found < fewest:
            best, fewest = [list(layer) for layer in current], found
    return best


def crossings(layers: Sequence[Sequence[int]], segments: Sequence[Edge]) -> int:
    """Number of pairs of segments between neighbouring layers that cross."""
    place = {vertex: at for layer in layers for at, vertex in enumerate(layer)}
    row = {vertex: number for number, layer in enumerate(layers) for vertex in layer}
    total = 0
    for number in range(len(layers) - 1):
        pairs = [(place[a], place[b]) for a, b in segments if row[a] == number]
        total += sum((a - c) * (b - d) < 0 for i, (a, b) in enumerate(pairs) for c, d in pairs[:i])
    return total


def placed(
    layers: Sequence[Sequence[int]], segments: Sequence[Edge], narrow: frozenset[int]
) -> dict[int, float]:
    """x of every vertex: near the mean of its neighbours, in order, with room between; 0 in the middle."""
    above, below = _neighbours(segments, up=True), _neighbours(segments, up=False)
    x: dict[int, float] = {}
    offsets = [_offsets(layer, narrow) for layer in layers]
    for layer, along in zip(layers, offsets, strict=True):
        x.update({vertex: at - along[-1] / 2 for vertex, at in zip(layer, along, strict=True)})
    for sweep in range(SWEEPS):
        rows = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for row in rows:
            wanted = []
            for vertex in layers[row]:
                near = [x[other] for other in (*above.get(vertex, ()), *below.get(vertex, ()))]
                wanted.append(sum(near) / len(near) if near else x[vertex])
            x.update(zip(layers[row], _apart(wanted, offsets[row]), strict=True))
    middle = (min(x.values()) + max(x.values())) / 2
    return {vertex: at - middle for vertex, at in x.items()}


def _offsets(layer: Sequence[int], narrow: frozenset[int]) -> list[float]:
    """Places of a layer packed as tightly as the room of its vertices allows, from 0."""
    offsets = [0.0]
    for one, two in pairwise(layer):
        room = [GAP["narrow" if vertex in narrow else "wide"] for vertex in (one, two)]
        offsets.append(offsets[-1] + sum(room) / 2)
    return offsets


def _apart(wanted: Sequence[float], offsets: Sequence[float]) -> list[float]:
    """Places in this order, at least as far apart as `offsets`, with the least squared shift."""
    blocks: list[tuple[int, float]] = []  # of vertices that touch: number, sum of where each would start
    for at, offset in zip(wanted, offsets, strict=True):
        blocks.append((1, at - offset))
        while len(blocks) > 1 and blocks[-2][1] / blocks[-2][0] >= blocks[-1][1] / blocks[-1][0]:
            (one, first), (two, second) = blocks[-2:]
            blocks[-2:] = [(one + two, first + second)]
    starts = [total / count for count, total in blocks for _ in range(count)]
    return [start + offset for start, offset in zip(starts, offsets, strict=True)]


def _neighbours(segments: Sequence[Edge], up: bool) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for start, end in segments:
        vertex, other = (end, start) if up else (start, end)
        found.setdefault(vertex, []).append(other)
    return found


def _by_mean(layer: list[int], fixed: Mapping[int, int], neighbours: Mapping[int, Sequence[int]]) -> None:
    """Sort by the mean place of neighbours; who has none stays where it is."""
    means = {}
    for at, vertex in enumerate(layer):
        near = [fixed[other] for other in neighbours.get(vertex, ())]
        means[vertex] = sum(near) / len(near) if near else float(at)
    layer.sort(key=lambda vertex: means[vertex])


def _exchange(layers: list[list[int]], segments: Sequence[Edge]) -> None:
    """Exchange neighbours as long as that removes crossings."""
    improved = True
    while improved:
        improved = False
        for layer in layers:
            for at in range(len(layer) - 1):
                before = crossings(layers, segments)
                layer[at], layer[at + 1] = layer[at + 1], layer[at]
                if crossings(layers, segments) < before:
                    improved = True
                else:
                    layer[at], layer[at + 1] = layer[at + 1], layer[at]
