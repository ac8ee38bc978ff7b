"""One variational autoencoder and its objective."""

from typing import Sequence

import torch
from torch import Tensor, nn

from abs_training.decoders.encoder import Encoder
from abs_training.decoders.layers import Decoder, Layer


class Vae(nn.Module):
    """An encoder and a decoder with batch normalisation, trained together."""

    def __init__(self, layers: Sequence[Layer], latents: int, encoder: str) -> None:
        super().__init__()
        self.encoder = Encoder(encoder, latents)
        self.decoder = Decoder(layers, latents, batch_norm=True)

    def objective(self, images: Tensor, noise: Tensor, kl_weight: float) -> Tensor:
        """Mean over images `[n, 1, 28, 28]` of squared error + `kl_weight` · KL divergence.

        With weight 1 this is twice the negative evidence bound of a posterior with variance ½ a
        pixel, up to constants: the likelihood that the paper's inference assumes. `noise` is
        standard normal, `[n, latents]`.
        """
        means, log_variances = self.encoder(images)
        decoded = self.decoder(means + torch.exp(0.5 * log_variances) * noise)
        squared_error = (decoded - images).square().sum()
        divergence = 0.5 * (means.square() + log_variances.exp() - 1 - log_variances).sum()
        return (squared_error + kl_weight * divergence) / len(images)


def encode(vae: Vae, images: Tensor) -> Tensor:
    """The encoder's means `[n, latents]` for images `[n, 1, 28, 28]`."""
    with torch.no_grad():
        return torch.cat([vae.encoder(part)[0] for part in images.split(512)])
