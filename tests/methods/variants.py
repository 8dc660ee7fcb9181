"""Hyper-parameters of a variant, as the command line would resolve them."""

from methods.hyper import variants


def of(hyper, variant="adapted", **values):
    """An instance of a plugin's `Hyper`: the variant's values where none are given."""
    return hyper(**{**variants(hyper).get(variant, {}), **values})
