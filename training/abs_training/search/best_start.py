"""The choice of the latent from which a search under the paper's loss starts, as one forward graph."""

import torch
from torch import Tensor, nn

from abs_training.decoders.layers import Decoder
from abs_training.search.inference import decode


class BestStart(nn.Module):
    """Turns an image `[1, 784]` into the latent `[1, latents]` of lowest loss among a list.

    The latents are decoded once, as `StartTable` of inference.py does; an image then costs one
    product with the table.
    """

    latents: Tensor
    table: Tensor
    offsets: Tensor

    def __init__(self, decoder: Decoder, latents: Tensor, beta: float) -> None:
        """`latents` is `[m, latents]`; `decoder` is one without batch normalisation, `beta` the weight of ½‖z‖²."""
        super().__init__()
        decoded = decode(decoder, latents)
        offsets = decoded.square().sum(1) + beta * 0.5 * latents.square().sum(1)
        self.register_buffer("latents", latents)
        self.register_buffer("table", decoded.T.contiguous())
        self.register_buffer("offsets", offsets)

    def forward(self, image: Tensor) -> Tensor:
        scores = self.offsets - 2 * (image @ self.table)
        return self.latents[torch.argmin(scores, dim=1)]
