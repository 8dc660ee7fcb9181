"""Generators of architectures that learn from an elite of paid ones (GraphPNAS and its RNN baseline)."""
