"""Representations and optimizers of neural architecture search, one plugin per file.

Plugin authors need `methods.base`: the roles, and `describe` for hyper-parameters.
"""
