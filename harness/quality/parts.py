"""The parts of `harness quality` by name. A new one is an entry."""

from __future__ import annotations

from harness.quality import autoencoding, curves, generation, geometry, maps, prediction, predictor, proposals
from harness.quality.subject import Part

PARTS: dict[str, Part] = {
    each.PART.name: each.PART
    for each in (autoencoding, generation, geometry, prediction, curves, predictor, proposals, maps)
}
