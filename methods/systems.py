"""Methods of the papers that are more than a representation with its default optimizer.

A representation's own name already means the optimizer of its paper (`default_optimizer`). Here stand
the names that need another pair or other settings. Settings given on the command line win over these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class System:
    """A named pair of plugins with the hyper-parameters that make it the method of a paper."""

    summary: str
    representation: str
    optimizer: str
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Hyper-parameters by plugin name; all others keep their defaults."""


SYSTEMS: dict[str, System] = {
    "arch2vec-rl": System(
        "arch2vec with its LSTM policy over latent points (arch2vec section 3.3)",
        "arch2vec",
        "reinforce_latent",
    ),
    "arch2vec-bo-published": System(
        "arch2vec-BO with the defects of the authors' code",
        "arch2vec",
        "gp_bo",
        {"arch2vec": {"variant": "published"}, "gp_bo": {"variant": "published", "surrogate": "dngo"}},
    ),
    "bananas": System(
        "predictor ensemble on path encodings, mutated candidates (White et al., AAAI 2021)",
        "path",
        "bananas",
    ),
    "nao": System(
        "neural architecture optimization: one gradient step, longer until the decoding is new",
        "nao",
        "gradient_ascent",
        {
            "gradient_ascent": {
                "mode": "until_new",
                "starts_best": 100,
                "starts_prior": 100,
                "steps": 20,
                "step_size": 15.0,
                "surplus": 10.0,
                "distinct": "classes",
            }
        },
    ),
    "ngae-noc": System(
        "NGAE without its price of complexity (the paper's ablation)",
        "ngae",
        "gradient_ascent",
        {"ngae": {"complexity_weight": 0.0}},
    ),
    "supervised": System(
        "arch2vec's supervised twin with Bayesian linear regression (section 4.2)",
        "supervised",
        "gp_bo",
        {"gp_bo": {"surrogate": "linear"}},
    ),
}
