"""How the NAS-Bench-301 surrogate of YAHPO Gym names a DARTS architecture: 34 categories.

Zela et al., "Surrogate NAS Benchmarks", ICLR 2022, appendix C; `config_space.json` and `encoding.json` of
slds-lmu/yahpo_data. Per cell 14 edges, the inputs of the first node, then those of the second and so on,
each with its operation or `#na#`, and the pair of inputs of the second to fourth node.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from tabular.errors import HarnessError
from tabular.spaces.darts_cell import NODE, NODES, OPS, PAIRS
from tabular.spaces.darts_forms import ABSENT, FIRST_EDGE, KINDS

PREFIX = "NetworkSelectorDatasetInfo_COLON_darts_COLON_"
EDGES, VARIABLES = 14, 34


@dataclass(frozen=True, eq=False)
class Encoding:
    """Where each category of an architecture stands among the inputs, and its number there."""

    absent: Int[np.ndarray, "34"]
    edge_at: Int[np.ndarray, "2 14"]
    op_code: Int[np.ndarray, "2 14 7"]
    pair_at: Int[np.ndarray, "2 3"]
    pair_code: Int[np.ndarray, "2 3 10"]
    """By the rank of the pair in `PAIRS`; -1 for a pair that the node cannot read."""

    @staticmethod
    def parse(content: bytes, path: str) -> Encoding:
        """Of an `encoding.json`: category numbers by variable, variables in the order of the inputs.

        Raises `HarnessError` where the file is damaged or names other variables or categories.
        """
        table = _table(content, path)
        if len(table) != VARIABLES:
            raise HarnessError(f"{path} names {len(table)} variables, not the {VARIABLES} of nb301")
        if list(table) != sorted(table) or any(codes != _alphabetical(codes) for codes in table.values()):
            raise HarnessError(f"{path} is not YAHPO Gym's encoding of nb301, which numbers alphabetically")
        at = {name: place for place, name in enumerate(table)}
        edges = [[f"{PREFIX}edge_{kind}_{edge}" for edge in range(EDGES)] for kind in KINDS]
        pairs = [[f"{PREFIX}inputs_node_{kind}_{node}" for node in (3, 4, 5)] for kind in KINDS]
        try:
            return Encoding(
                absent=np.array([codes[ABSENT] for codes in table.values()], dtype=np.int32),
                edge_at=np.array([[at[name] for name in row] for row in edges]),
                op_code=np.array([[[table[name][op] for op in OPS] for name in row] for row in edges]),
                pair_at=np.array([[at[name] for name in row] for row in pairs]),
                pair_code=np.array(
                    [[_pair_codes(table[n], 3 + i) for i, n in enumerate(row)] for row in pairs]
                ),
            )
        except KeyError as missing:
            raise HarnessError(f"{path} has no {missing}: it is not YAHPO Gym's encoding of nb301") from None

    def categories(self, pairs: Int[np.ndarray, "n 2 8 2"]) -> Int[np.ndarray, "n 34"]:
        """Inputs of the surrogate for architectures in the form of `DARTSSpace.to_genotype`."""
        found = np.tile(self.absent, (len(pairs), 1))
        rows = np.arange(len(pairs))[:, None]
        for kind in range(len(KINDS)):
            reads, ops = pairs[:, kind, :, 0].astype(np.int64), pairs[:, kind, :, 1]
            edges = np.array(FIRST_EDGE)[NODE - 2] + reads
            found[rows, self.edge_at[kind, edges]] = self.op_code[kind, edges, ops]
            low, high = reads[:, 2::2], reads[:, 3::2]
            ranks = high * (high - 1) // 2 + low
            found[:, self.pair_at[kind]] = self.pair_code[kind, np.arange(NODES - 1), ranks]
        return found


def _alphabetical(codes: dict[str, int]) -> dict[str, int]:
    """The same categories numbered as the publishers' software does; `#na#` comes first."""
    return {category: number for number, category in enumerate(sorted(codes))}


def _pair_codes(codes: dict[str, int], inputs: int) -> list[int]:
    """Number of every pair of `PAIRS` for a node that may read the first `inputs` nodes."""
    return [codes[f"{low}_{high}"] if high < inputs else -1 for low, high in PAIRS.tolist()]


def _table(content: bytes, path: str) -> dict[str, dict[str, int]]:
    try:
        table = json.loads(content)
        return {str(name): {str(k): int(v) for k, v in codes.items()} for name, codes in table.items()}
    except (ValueError, AttributeError, TypeError) as problem:
        raise HarnessError(f"{path} is damaged, no table of category numbers ({problem})") from None
