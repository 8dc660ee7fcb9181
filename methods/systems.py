"""Methods of the papers that are more than a representation with its default optimizer.

A representation's own name already means the optimizer of its paper (`default_optimizer`), in our own variant
of both (`adapted`). Here stand the names that need another pair or other settings: `-paper` is what the text
says, `-published` the authors' method at their sizes and lengths with the defects of their code, `-untrained`
an encoder that learns nothing, with the optimizer that asks nothing more of it. Settings given on the command
line win over these.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class System:
    """A named pair of plugins with the hyper-parameters that make it the method of a paper."""

    summary: str
    representation: str | None
    """None where the optimizer needs none."""
    optimizer: str
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Hyper-parameters by plugin name, `variant` among them; all others keep their defaults."""


NAO_STEPS = {
    "mode": "until_new",
    "starts_best": 100,
    "starts_prior": 0,
    "steps": 100,
    "step_size": 1.0,
    "order": "found",
}
"""The authors' gradient step, longer until its decoding is new."""

SYSTEMS: dict[str, System] = {
    "arch2vec-rl": System(
        "arch2vec with its LSTM policy over latent points (arch2vec section 3.3)",
        "arch2vec",
        "reinforce_latent",
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
            # about 10 settings tried on nb201:imagenet16-120 and cifar100; the authors' are `nao-published`
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
    "arch2vec-untrained": System(
        "arch2vec's encoder with the weights it began with: the control of its pre-training",
        "arch2vec",
        "gp_bo",
        {"arch2vec": {"epochs": 0}},
    ),
    "gae-untrained": System(
        "GAE's encoder with the weights it began with: the control of its pre-training",
        "gae",
        "gp_bo",
        {"gae": {"epochs": 0}},
    ),
    "vgae-untrained": System(
        "VGAE's encoder with the weights it began with: the control of its pre-training",
        "vgae",
        "gp_bo",
        {"vgae": {"epochs": 0}},
    ),
    "dvae-untrained": System(
        "D-VAE's encoder with the weights it began with: the control of dvae+gp_bo",
        "dvae",
        "gp_bo",
        {"dvae": {"epochs": 0}},
    ),
    "ngae-untrained": System(
        "NGAE's encoder with the weights it began with, no label learnt: the control of ngae+gp_bo",
        "ngae",
        "gp_bo",
        {"ngae": {"epochs": 0}},
    ),
    "nao-untrained": System(
        "NAO's encoder with the weights it began with, no label learnt: the control of nao+gp_bo",
        "nao",
        "gp_bo",
        {"nao": {"epochs": 0}},
    ),
    "nao-paper": System(
        "NAO as its text has it: trained on paid labels alone, steps from the best of them",
        "nao",
        "gradient_ascent",
        {"nao": {"variant": "paper"}, "gradient_ascent": NAO_STEPS},
    ),
    "nao-published": System(
        "NAO by its authors' code for tables (SemiNAS), with a target that leaks on NAS-Bench-101",
        "nao",
        "gradient_ascent",
        {"nao": {"variant": "published"}, "gradient_ascent": NAO_STEPS},
    ),
    "dvae-paper": System(
        "D-VAE as its text has it, with its Bayesian optimisation",
        "dvae",
        "gp_bo_latent",
        {"dvae": {"variant": "paper"}, "gp_bo_latent": {"variant": "paper"}},
    ),
    "dvae-published": System(
        "D-VAE and its Bayesian optimisation with the defects of the authors' code",
        "dvae",
        "gp_bo_latent",
        {"dvae": {"variant": "published"}, "gp_bo_latent": {"variant": "published"}},
    ),
    "arch2vec-paper": System(
        "arch2vec-BO as its text has it: pre-trained without the code's defects, searched with DNGO",
        "arch2vec",
        "gp_bo",
        {"arch2vec": {"variant": "paper"}, "gp_bo": {"variant": "paper"}},
    ),
    "arch2vec-published": System(
        "arch2vec-BO with the defects of the authors' code",
        "arch2vec",
        "gp_bo",
        {"arch2vec": {"variant": "published"}, "gp_bo": {"variant": "published"}},
    ),
    "arch2vec-rl-published": System(
        "arch2vec-RL with the defects of the authors' code",
        "arch2vec",
        "reinforce_latent",
        {"arch2vec": {"variant": "published"}, "reinforce_latent": {"variant": "published"}},
    ),
    "supervised-published": System(
        "arch2vec's supervised twin with the defects of the authors' code",
        "supervised",
        "gp_bo",
        {
            "supervised": {"variant": "published"},
            "gp_bo": {
                "variant": "published",
                "surrogate": "linear",
                "target": 0.95,
                "scale": "slipped",
                "repeats": False,
            },
        },
    ),
    "ngae-paper": System(
        "NGAE as its text has it: eq. 6 with weights of 1, price 1, ascent from the prior",
        "ngae",
        "gradient_ascent",
        {"ngae": {"variant": "paper"}, "gradient_ascent": {"variant": "published"}},
    ),
    "ngae-published": System(
        "NGAE by its authors' code, strategy `random`: a hundred steps of ten from the prior",
        "ngae",
        "gradient_ascent",
        {"ngae": {"variant": "published"}, "gradient_ascent": {"variant": "published"}},
    ),
    "ngae-optimal-published": System(
        "NGAE by its authors' code, strategy `optimal`: steps of 1000 from the ten best paid",
        "ngae",
        "gradient_ascent",
        {
            "ngae": {"variant": "published"},
            "gradient_ascent": {
                "variant": "published",
                "starts_best": 10,
                "starts_prior": 0,
                "step_size": 1000.0,
            },
        },
    ),
    "graphpnas-published": System(
        "GraphPNAS, trained afresh after every label at the authors' rate (minutes a run)",
        None,
        "graphpnas",
        {"graphpnas": {"variant": "published"}},
    ),
    "bananas-published": System(
        "BANANAS as its authors' code trains it: errors in percent, mutated candidates alone",
        "path",
        "bananas",
        {"bananas": {"variant": "published"}},
    ),
    "bohb-published": System(
        "BOHB with the settings of the tabular benchmarks' code",
        None,
        "bohb",
        {"bohb": {"variant": "published"}},
    ),
    "rnn_generator-published": System(
        "GraphPNAS' RNN baseline as the authors train it: likelihoods without weights (minutes a run)",
        None,
        "rnn_generator",
        {"rnn_generator": {"variant": "published"}},
    ),
}
