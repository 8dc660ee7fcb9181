"""The NGAE paper's inequalities: what holds, what does not, and what too few seeds cannot tell."""

import pytest

from harness.compare.claims import FAILS, HOLDS, OPEN, claims
from harness.compare.quality import compare_quality
from harness.records.quality_store import StoredQuality


@pytest.fixture
def claimed(quality_spec_of, quality_for):
    """Verdicts by words: by method accuracies and complexities, one per seed."""

    def make(part="proposals", **lines):
        records = [
            quality_for(
                quality_spec_of(method.replace("_", "-"), seed, part=part, labels="training"),
                {"top_accuracy": accuracy, "top_complexity": complexity},
            )
            for method, seeds in lines.items()
            for seed, (accuracy, complexity) in enumerate(seeds)
        ]
        (table,) = compare_quality(StoredQuality(records))
        return {each.words: each for each in claims(table)}

    return make


def seeds(accuracy, complexity=0.5, n=7):
    return [(accuracy + seed / 1000, complexity + seed / 1000) for seed in range(n)]


def verdicts(found):
    return {words: each.verdict for words, each in found.items()}


def test_the_claims_as_the_paper_has_them(claimed):
    found = claimed(dvae=seeds(0.8), ngae=seeds(0.9, 0.3), ngae_noc=seeds(0.95, 0.4))
    assert verdicts(found) == {
        "accuracy: ngae > dvae": HOLDS,
        "accuracy: ngae-noc > dvae": HOLDS,
        "complexity: ngae < ngae-noc": HOLDS,
        "accuracy: ngae ≤ ngae-noc": HOLDS,
    }
    assert found["complexity: ngae < ngae-noc"].difference.difference == pytest.approx(-0.1)


def test_the_opposite_does_not_hold(claimed):
    found = claimed(dvae=seeds(0.95), ngae=seeds(0.9, 0.6), ngae_noc=seeds(0.8, 0.4))
    assert set(verdicts(found).values()) == {FAILS}


def test_equals_are_not_better(claimed):
    found = claimed(dvae=seeds(0.9), ngae=seeds(0.9), ngae_noc=seeds(0.9))
    assert list(verdicts(found).values()) == [FAILS, FAILS, FAILS, HOLDS]


def test_differences_both_ways_tell_nothing_apart(claimed):
    mixed = [(0.9 + (-1) ** seed * 0.05, 0.5) for seed in range(8)]
    found = claimed(dvae=seeds(0.9, n=8), ngae=mixed)
    assert verdicts(found) == {"accuracy: ngae > dvae": OPEN}
    assert "as claimed at 4 of 8 seeds)" in found["accuracy: ngae > dvae"].sentence


def test_with_few_seeds_nothing_is_told_apart(claimed):
    """All of three differences point one way by chance in a quarter of all cases."""
    few = claimed(dvae=seeds(0.8, n=5), ngae=seeds(0.9, n=5))["accuracy: ngae > dvae"]
    assert few.verdict == OPEN
    assert few.sentence == (
        "accuracy: ngae > dvae: not told apart (+10.00 [+10.00, +10.00] points, as claimed at 5 of 5 seeds; "
        "fewer than 6 seeds tell nothing apart)"
    )
    assert claimed(dvae=seeds(0.8, n=6), ngae=seeds(0.9, n=6))["accuracy: ngae > dvae"].verdict == HOLDS


def test_variants_and_settings_are_put_against_their_like(claimed):
    found = claimed(
        **{
            "dvae": seeds(0.8),
            "dvae[width=16]": seeds(0.8),
            "ngae[ngae.width=16]": seeds(0.9),
            "ngae-published": seeds(0.9),
            "dvae-published[epochs=3]": seeds(0.8),
        }
    )
    assert list(found) == [
        "accuracy: ngae[ngae.width=16] > dvae[width=16]",
        "accuracy: ngae-published > dvae-published[epochs=3]",
    ]


def test_other_parts_claim_nothing(quality_spec_of, quality_for):
    records = [quality_for(quality_spec_of(method)) for method in ("ngae", "dvae")]
    (table,) = compare_quality(StoredQuality(records))
    assert claims(table) == []
