"""Order within the layers of a drawn graph, and places along them (see `dag`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from random import Random

Edge = tuple[int, int]
SWEEPS, STARTS = 6, 24
ROUNDS = 60
"""Of moving vertices towards their neighbours."""
STRAIGHT = {0: 1.0, 1: 2.0, 2: 8.0}
"""Weight of a segment by how many of its ends are bends (Gansner et al. 1993, section 4.2)."""
GAP = {"wide": 1.0, "narrow": 0.42}
"""Between two vertices; a bend or junction takes less room."""


def ordered(layers: Sequence[Sequence[int]], segments: Sequence[Edge]) -> list[list[int]]:
    """The layers in the order with the fewest crossings that is found from several first orders."""
    rng = Random(0)  # the same on every machine
    best, fewest = [list(layer) for layer in layers], crossings(layers, segments)
    for start in range(STARTS):
        if not fewest:
            break
        current = [list(layer) for layer in layers]
        if start:
            for layer in current:
                rng.shuffle(layer)
        _swept(current, segments)
        found = crossings(current, segments)
        if found < fewest:
            best, fewest = current, found
    return best


def _swept(layers: list[list[int]], segments: Sequence[Edge]) -> None:
    """Order by means of neighbours, down and up, and then by exchanges."""
    above, below = _neighbours(segments, up=True), _neighbours(segments, up=False)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        rows = range(1, len(layers)) if down else range(len(layers) - 2, -1, -1)
        for row in rows:
            fixed = {vertex: place for place, vertex in enumerate(layers[row - 1 if down else row + 1])}
            _by_mean(layers[row], fixed, above if down else below)
    _exchange(layers, above, below)


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
    layers: Sequence[Sequence[int]],
    segments: Sequence[Edge],
    narrow: frozenset[int],
    bends: frozenset[int],
) -> dict[int, float]:
    """x of every vertex: near its neighbours, in order, with room between; 0 in the middle.

    Bends follow each other more closely than vertices do, so that long edges are straight.
    """
    near: dict[int, list[tuple[int, float]]] = {}
    for start, end in segments:
        weight = STRAIGHT[(start in bends) + (end in bends)]
        near.setdefault(start, []).append((end, weight))
        near.setdefault(end, []).append((start, weight))
    offsets = [_offsets(layer, narrow) for layer in layers]
    x: dict[int, float] = {}
    for layer, along in zip(layers, offsets, strict=True):
        x.update({vertex: at - along[-1] / 2 for vertex, at in zip(layer, along, strict=True)})
    for round_ in range(ROUNDS):
        rows = range(len(layers)) if round_ % 2 == 0 else range(len(layers) - 1, -1, -1)
        for row in rows:
            wanted = [_pulled(x, x[vertex], near.get(vertex, [])) for vertex in layers[row]]
            x.update(zip(layers[row], _apart(wanted, offsets[row]), strict=True))
    middle = (min(x.values()) + max(x.values())) / 2
    return {vertex: at - middle for vertex, at in x.items()}


def _pulled(x: Mapping[int, float], here: float, near: Sequence[tuple[int, float]]) -> float:
    """The weighted mean of the neighbours' places; of none the own."""
    if not near:
        return here
    return sum(weight * x[other] for other, weight in near) / sum(weight for _, weight in near)


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


def _exchange(
    layers: list[list[int]], above: Mapping[int, Sequence[int]], below: Mapping[int, Sequence[int]]
) -> None:
    """Exchange neighbours as long as that removes crossings."""
    improved = True
    while improved:
        improved = False
        place = {vertex: at for layer in layers for at, vertex in enumerate(layer)}
        for layer in layers:
            for at in range(len(layer) - 1):
                one, two = layer[at : at + 2]
                gain = sum(
                    (place[a] > place[b]) - (place[a] < place[b])
                    for side in (above, below)
                    for a in side.get(one, ())
                    for b in side.get(two, ())
                )
                if gain > 0:
                    layer[at : at + 2] = [two, one]
                    place[one], place[two] = at + 1, at
                    improved = True
