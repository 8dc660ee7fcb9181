"""A directed acyclic graph as a drawing: layers, few crossings, long edges with a lane of their own.

The method of Sugiyama, Tagawa and Toda (1981): a vertex lies below all it reads (longest path); an edge
over several layers passes a bend in each; layers are ordered by the means of their neighbours' places and
by exchanging neighbours while that removes crossings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.report.figures.placing import crossings, ordered, placed

Edge = tuple[int, int]
Point = tuple[float, float]


@dataclass(frozen=True)
class Drawing:
    """Where everything goes; x to the right, y downwards in layers, the first at 0."""

    places: dict[int, Point]
    """By vertex; vertices from `joints` on are junctions."""
    edges: dict[Edge, list[Point]]
    """By edge: all points it passes, its ends included."""
    joints: int
    """Number of vertices of the graph; what is numbered from here on joins edges only."""
    crossings: int

    @property
    def width(self) -> float:
        """Distance between the outermost places."""
        xs = [x for points in self.edges.values() for x, _ in points] + [x for x, _ in self.places.values()]
        return max(xs) - min(xs)

    @property
    def depth(self) -> float:
        """Distance between the first and the last layer."""
        return max(y for _, y in self.places.values())


def joined(edges: Sequence[Edge], vertices: int) -> list[Edge]:
    """The same paths with fewer edges: vertices that feed the same several others do so through a junction.

    That is what a sum inside a cell is: the DARTS cell's nodes come out of it.
    """
    readers: dict[int, tuple[int, ...]] = {}
    for start, end in sorted(edges):
        readers[start] = (*readers.get(start, ()), end)
    groups: dict[tuple[int, ...], list[int]] = {}
    for vertex, ends in readers.items():
        groups.setdefault(ends, []).append(vertex)
    found, junction = [], vertices
    for ends, starts in groups.items():
        if len(ends) > 1 and len(starts) > 1:
            found += [(start, junction) for start in starts] + [(junction, end) for end in ends]
            junction += 1
        else:
            found += [(start, end) for start in starts for end in ends]
    return found


def alive(edges: Sequence[Edge], first: Sequence[int], last: int, cut: frozenset[int]) -> frozenset[int]:
    """Vertices on a path from one of `first` to `last` that passes no vertex of `cut`."""

    def reached(starts: Sequence[int], forward: bool) -> set[int]:
        seen, todo = set(), [vertex for vertex in starts if vertex not in cut]
        while todo:
            vertex = todo.pop()
            if vertex not in seen:
                seen.add(vertex)
                ends = (edge if forward else edge[::-1] for edge in edges)
                todo += [end for start, end in ends if start == vertex and end not in cut]
        return seen

    return frozenset(reached(first, True) & reached([last], False))


def layout(edges: Sequence[Edge], vertices: int) -> Drawing:
    """Places of `vertices` vertices, numbered in topological order, after joining edges as `joined` does."""
    lines = joined(edges, vertices)
    layer = _layers(lines, vertices)
    bends, segments = _bent(lines, layer)
    order = ordered(
        [[v for v in layer if layer[v] == row] for row in range(max(layer.values()) + 1)], segments
    )
    narrow = frozenset(vertex for vertex in layer if vertex >= vertices)
    x = placed(order, segments, narrow, frozenset(bends))
    at = {vertex: (x[vertex], float(layer[vertex])) for vertex in layer}
    return Drawing(
        places={vertex: at[vertex] for vertex in layer if vertex not in bends},
        edges={edge: [at[vertex] for vertex in path] for edge, path in _paths(lines, bends).items()},
        joints=vertices,
        crossings=crossings(order, segments),
    )


def _layers(edges: Sequence[Edge], vertices: int) -> dict[int, int]:
    """Longest path from a vertex that reads nothing; a source stands right above its first reader."""
    names = sorted({*range(vertices), *(vertex for edge in edges for vertex in edge)})
    layer = dict.fromkeys(names, 0)
    for _ in names:
        for start, end in edges:
            layer[end] = max(layer[end], layer[start] + 1)
    sources = set(names) - {end for _, end in edges}
    for source in sorted(sources):
        below = [layer[end] for start, end in edges if start == source]
        layer[source] = min(below, default=1) - 1
    return layer


def _bent(edges: Sequence[Edge], layer: dict[int, int]) -> tuple[dict[int, Edge], list[Edge]]:
    """A bend in every layer that an edge passes, added to `layer`; and the segments between."""
    bends: dict[int, Edge] = {}
    segments: list[Edge] = []
    for start, end in edges:
        last = start
        for row in range(layer[start] + 1, layer[end]):
            bend = max(layer) + 1
            layer[bend], bends[bend] = row, (start, end)
            segments.append((last, bend))
            last = bend
        segments.append((last, end))
    return bends, segments


def _paths(edges: Sequence[Edge], bends: dict[int, Edge]) -> dict[Edge, list[int]]:
    """Vertices and bends that every edge passes, in order."""
    paths: dict[Edge, list[int]] = {edge: [edge[0]] for edge in edges}
    for bend, edge in bends.items():
        paths[edge].append(bend)
    return {edge: [*path, edge[1]] for edge, path in paths.items()}
