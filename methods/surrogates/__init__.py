"""Models of accuracy over latent points, and the search of a latent space by them."""
