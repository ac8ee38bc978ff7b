"""The loss of a latent, and how the latent of lowest loss is found under given decoders."""
