"""Training of variational autoencoders: one over all classes, then one per class."""

from dataclasses import dataclass
from typing import Any, Optional

import numpy as np
import torch

from abs_training.decoders.vae import Vae
from abs_training.foundation.learning_rate import cosine
from abs_training.foundation.optimizer_moments import moments_of, restore_moments
from abs_training.foundation.randomness import generator_for
from abs_training.images.augmentation import distort
from abs_training.images.data import to_unit_range
from abs_training.stages.configuration import Configuration

WARM_UP_SHARE = 0.5
"""Share of the epochs over which the weight of the KL divergence rises to 1."""

FIRST_KL_WEIGHT = 0.3
"""Weight of the KL divergence at the start: a low one leaves fewer latents unused."""


def start_vae(
    configuration: Configuration, name: str, pretrained: Optional[dict[str, Any]]
) -> dict[str, Any]:
    """The state before the first epoch, with pretrained or seeded random weights."""
    if pretrained is not None:
        return {"epoch": 0, "model": pretrained, "moments": None}
    torch.manual_seed(generator_for(configuration.seed, "weights", name).initial_seed())
    model = Vae(configuration.layers, configuration.latents, configuration.encoder)
    return {"epoch": 0, "model": model.state_dict(), "moments": None}


@dataclass(frozen=True)
class VaeEpoch:
    """Trains an autoencoder for one epoch."""

    configuration: Configuration
    stage: str
    """Name of the stage, which keeps its random numbers apart from other stages'."""
    epochs: int
    """Epochs of the whole stage, for the learning rate and the weight of the divergence."""

    def __call__(self, index: int, images: np.ndarray, state: dict[str, Any]) -> dict[str, Any]:
        configuration = self.configuration
        device = torch.device(configuration.device)
        model = Vae(configuration.layers, configuration.latents, configuration.encoder)
        model.load_state_dict(state["model"])
        model.to(device).train()
        optimizer = torch.optim.Adam(model.parameters(), lr=configuration.learning_rate)
        restore_moments(optimizer, state["moments"])
        assumptions = configuration.assumptions()
        epoch = int(state["epoch"])
        generator = generator_for(configuration.seed, self.stage, index, epoch)
        visited = to_unit_range(torch.from_numpy(images).to(device))
        order = torch.randperm(len(visited), generator=generator)
        # The last batch may be short, but batch normalisation needs more than one image.
        batches = [part for part in order.split(configuration.batch) if len(part) > 1]
        total = torch.zeros((), device=device)
        for step, batch in enumerate(batches):
            progress = (epoch + step / len(batches)) / self.epochs
            for group in optimizer.param_groups:
                group["lr"] = configuration.learning_rate * cosine(progress)
            rise = min(1.0, progress / WARM_UP_SHARE)
            kl_weight = FIRST_KL_WEIGHT + (1 - FIRST_KL_WEIGHT) * rise
            distorted = distort(visited[batch], configuration.distortion(), generator)
            target = assumptions.seen(distorted)
            noise = torch.randn(len(batch), configuration.latents, generator=generator).to(device)
            optimizer.zero_grad(set_to_none=True)
            objective = model.objective(target, noise, kl_weight)
            objective.backward()
            optimizer.step()
            total += objective.detach() * len(batch)
        return {
            "epoch": epoch + 1,
            "model": model.state_dict(),
            "moments": moments_of(optimizer),
            # A tensor, since PyTorch 1.13 loads no floats safely.
            "objective": (total / len(order)).cpu(),
        }
