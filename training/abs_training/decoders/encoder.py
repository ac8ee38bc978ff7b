"""Encoders: they propose latents for an image. Training needs them; the weights file does not."""

import torch
from torch import Tensor, nn

from abs_training.images.data import PIXELS, SIDE

KINDS = ("mlp", "convolution")


class Encoder(nn.Module):
    """Turns images `[n, 1, 28, 28]` into means and log-variances, both `[n, latents]`."""

    def __init__(self, kind: str, latents: int) -> None:
        super().__init__()
        self.network = _mlp(latents) if kind == "mlp" else _convolution(latents)

    def forward(self, images: Tensor) -> tuple[Tensor, Tensor]:
        means, log_variances = self.network(images.reshape(-1, 1, SIDE, SIDE)).chunk(2, dim=1)
        return means, log_variances.clamp(-12, 6)


def _mlp(latents: int) -> nn.Sequential:
    """784-256-128: about as good a proposal as the convolutions', in a fraction of the time."""
    return nn.Sequential(
        nn.Flatten(),
        nn.Linear(PIXELS, 256),
        nn.BatchNorm1d(256),
        nn.ELU(),
        nn.Linear(256, 128),
        nn.BatchNorm1d(128),
        nn.ELU(),
        nn.Linear(128, 2 * latents),
    )


def _convolution(latents: int) -> nn.Sequential:
    """The encoder of Schott et al. 2018: kernels 5, 4, 3, 5, strides 1, 2, 2, 1."""
    network = nn.Sequential(
        nn.Conv2d(1, 32, 5),
        nn.BatchNorm2d(32),
        nn.ELU(),
        nn.Conv2d(32, 32, 4, stride=2),
        nn.BatchNorm2d(32),
        nn.ELU(),
        nn.Conv2d(32, 64, 3, stride=2),
        nn.BatchNorm2d(64),
        nn.ELU(),
        nn.Conv2d(64, 2 * latents, 5),
        nn.Flatten(),
    )
    return network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
