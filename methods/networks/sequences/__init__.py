"""Architectures as sequences: tokens for LSTMs, categorical variables for policies and samplers."""
