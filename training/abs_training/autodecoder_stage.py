"""Training of decoders on latents found by search, as at inference, instead of the encoder's."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from abs_training.augmentation import distort
from abs_training.configuration import Configuration
from abs_training.data import to_unit_range
from abs_training.inference import LatentSearch, Prior
from abs_training.layers import Decoder
from abs_training.optimizer_moments import moments_of, restore_moments
from abs_training.randomness import generator_for
from abs_training.vae import Vae
from abs_training.vae_stage import cosine

LEARNING_RATE = 1e-3
"""Of the decoder at the first step; falls to 0 along half a cosine."""

UPDATES_A_VISIT = 4
"""Updates of an image's latent each time the image is visited."""


def start_autodecoder(
    configuration: Configuration, vae_weights: dict[str, Any], images: np.ndarray
) -> dict[str, Any]:
    """The state before the first epoch: the folded decoder, and the encoder's means as latents."""
    vae = Vae(configuration.layers, configuration.latents, configuration.encoder)
    vae.load_state_dict(vae_weights)
    vae.eval()
    means = encode(vae, to_unit_range(torch.from_numpy(images)))
    return {
        "epoch": 0,
        "model": vae.decoder.folded().state_dict(),
        "moments": None,
        "latents": means.clone(),
    }


def encode(vae: Vae, images: torch.Tensor) -> torch.Tensor:
    """The encoder's means `[n, latents]` for images `[n, 1, 28, 28]`."""
    with torch.no_grad():
        return torch.cat([vae.encoder(part)[0] for part in images.split(512)])


@dataclass(frozen=True)
class AutodecoderEpoch:
    """Trains a class's decoder for one epoch; each image's latent is kept between visits."""

    configuration: Configuration
    prior: Prior
    epochs: int
    """Epochs of the whole stage, for the learning rate."""

    def __call__(self, index: int, images: np.ndarray, state: dict[str, Any]) -> dict[str, Any]:
        configuration = self.configuration
        device = torch.device(configuration.device)
        decoder = Decoder(configuration.layers, configuration.latents, batch_norm=False)
        decoder.load_state_dict(state["model"])
        decoder.to(device)
        optimizer = torch.optim.Adam(decoder.parameters(), lr=LEARNING_RATE)
        restore_moments(optimizer, state["moments"])
        latents = state["latents"].to(device)
        epoch = int(state["epoch"])
        generator = generator_for(configuration.seed, "autodecoder", index, epoch)
        visited = to_unit_range(torch.from_numpy(images).to(device))
        order = torch.randperm(len(visited), generator=generator)
        batches = order.split(configuration.batch)
        for step, batch in enumerate(batches):
            progress = (epoch + step / len(batches)) / self.epochs
            for group in optimizer.param_groups:
                group["lr"] = LEARNING_RATE * cosine(progress)
            target = distort(visited[batch], configuration.augmented_share, generator)
            flat = target.flatten(1)
            search = LatentSearch(decoder, flat, latents[batch], self.prior)
            search.advance(UPDATES_A_VISIT)
            latents[batch] = search.latents
            optimizer.zero_grad(set_to_none=True)
            squared_error = (decoder(search.latents).flatten(1) - flat).square().sum()
            (squared_error / len(batch)).backward()
            optimizer.step()
        return {
            "epoch": epoch + 1,
            "model": decoder.state_dict(),
            "moments": moments_of(optimizer),
            "latents": latents.cpu(),
        }
