"""The graph VAE of D-VAE and NGAE.

`representation` is the plugins' base, `vae` loss and training, `coder` encoder and decoder. Below them
`rows`, `parts`, `decisions` and `kernels` turn a batch of graphs into a few matrix products.
"""
