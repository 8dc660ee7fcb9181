"""Protocols on NAS-Bench-201: our two, the papers', and the conventions of other tools (protocols.md).

Splits of the table: `valid` is x-valid of the half-data model (CIFAR-10) or of the one model there is;
`test` is ori-test of the model trained on all of CIFAR-10, x-test of the others; `ori-test` (CIFAR-100,
ImageNet16-120) holds the images of x-valid and x-test together. A query costs the recorded training
time, without the validation pass.
"""

from __future__ import annotations

import dataclasses

from tabular.protocol import Protocol

EP200 = Protocol(
    name="nb201-200ep",
    benchmark="nb201",
    summary="200-epoch x-valid, one replicate per cell and seed; repeats free; truth = mean of replicates",
)
MEAN = dataclasses.replace(
    EP200,
    name="nb201-200ep-mean",
    replicate="mean",
    summary="as nb201-200ep, but a query returns the mean over replicates and costs all of them",
)
FIDELITIES = dataclasses.replace(
    EP200,
    name="nb201-fidelities",
    fidelities=(12,),
    summary="as nb201-200ep, with the 12-epoch training of a cell for sale at 12/200 of a query",
)
PAPER = dataclasses.replace(
    EP200,
    name="nb201-12ep-12000s",
    epochs=12,
    reported_epochs=200,
    unit="seconds",
    budget=12_000,
    repeats="charged",
    only=("cifar10",),
    summary="NAS-Bench-201 paper: 12-epoch x-valid of CIFAR-10 for 12,000 simulated s of training (the pass "
    "over the validation images is not counted), 200-epoch means reported; repeats cost, the query past the "
    "budget is dropped",
)
NATS = dataclasses.replace(
    PAPER,
    name="nb201-nats",
    budget=20_000,
    only=(),
    datasets={"cifar100": {"budget": 40_000}, "imagenet16-120": {"budget": 120_000}},
    summary="NATS-Bench paper: as nb201-12ep-12000s, 20,000 / 40,000 / 120,000 s on the three datasets",
)
FROZEN = {"epochs": 200, "reported_epochs": 0, "replicate": "frozen"}
ARCH2VEC = dataclasses.replace(
    PAPER,
    name="nb201-arch2vec",
    only=(),
    crossing="kept",
    initial_design=16,
    datasets={
        "cifar100": {**FROZEN, "budget": 500_000, "leaks": "one noisy draw of the labels serves all seeds"},
        "imagenet16-120": {
            **FROZEN,
            "budget": 1_400_000,
            "leaks": "one noisy draw of the labels serves all seeds",
        },
    },
    summary="arch2vec's code: CIFAR-10 12-epoch x-valid for 12,000 s; the others 200-epoch x-valid of one "
    "replicate frozen for all seeds, 500,000 / 1,400,000 s; the crossing query is kept, repeats cost",
)
GRAPHPNAS = dataclasses.replace(
    EP200,
    name="nb201-graphpnas",
    budget=100,
    datasets={"cifar10": {"epochs": 12, "reported_epochs": 200}},
    summary="GraphPNAS paper: 100 queries; 12-epoch x-valid on CIFAR-10, 200-epoch on the others",
)
NASLIB = dataclasses.replace(
    MEAN,
    name="nb201-naslib",
    test_split="valid",
    leaks="what is reported as test is the very column that was searched",
    summary="NASLib's convention: final x-valid is searched and reported",
)
NASZILLA = dataclasses.replace(
    MEAN,
    name="nb201-naszilla",
    test_split="ori-test",
    datasets={
        "cifar10": {"test_split": "test"},
        "cifar100": {"leaks": "half of the images reported as test are those searched"},
        "imagenet16-120": {"leaks": "half of the images reported as test are those searched"},
    },
    summary="naszilla's convention: mean x-valid searched, ori-test reported",
)
SEEN = {"split": "ori-test", "leaks": "test seen in search: the split searched holds the test images"}
HPOBENCH = dataclasses.replace(
    MEAN,
    name="nb201-hpobench",
    datasets={"cifar10": {"test_split": "half-test"}, "cifar100": SEEN, "imagenet16-120": SEEN},
    summary="HPOBench's convention: mean of all replicates at the cost of their sum; CIFAR-100 and "
    "ImageNet16-120 search validation and test images together",
)
SYNETUNE = dataclasses.replace(
    EP200,
    name="nb201-synetune",
    split="ori-test",
    leaks="test seen in search: the split searched holds the test images",
    datasets={"cifar10": {"split": "test"}},
    summary="Syne Tune's convention: ori-test is called validation error and searched",
)

PROTOCOLS = (EP200, MEAN, FIDELITIES, PAPER, NATS, ARCH2VEC, GRAPHPNAS, NASLIB, NASZILLA, HPOBENCH, SYNETUNE)
