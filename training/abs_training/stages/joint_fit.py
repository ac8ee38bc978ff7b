"""How several classes explain a batch of images during joint training of their decoders."""

from typing import Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.foundation.threads import for_each_class
from abs_training.images.data import PIXELS
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import LatentSearch

REACH = 2.0
"""An attack goes up to this many times the way to the boundary that fixed latents would give.

Latents adapt while an image moves, so the boundary that a search sees lies about twice as far.
"""

LEAST_DISTANCE = 1e-6
"""Keeps the direction between two equal reconstructions finite."""


class JointFit:
    """Latents, losses and reconstructions of those classes with which each image is compared.

    Images and latents are fixed while decoders are trained: by the envelope theorem that gives the
    gradient of the loss at the best latent.
    """

    def __init__(
        self,
        decoders: Sequence[Decoder],
        compared: Tensor,
        images: Tensor,
        latents: Tensor,
        assumptions: Assumptions,
        workers: int,
    ) -> None:
        """`compared` is `[classes, n]` of truth values, `images` `[n, 784]`, `latents` `[classes, n, latents]`."""
        self._decoders = decoders
        self._chosen = [row.nonzero().flatten() for row in compared]
        self._images = images
        self._assumptions = assumptions
        self._workers = workers
        self._fits: list[Tensor] = []
        self.latents = latents.clone()
        self.losses = torch.full(compared.shape, torch.inf, device=images.device)
        """`[classes, n]`; inf for classes that an image is not compared with."""
        self.reconstructions = torch.zeros(*compared.shape, PIXELS, device=images.device)
        """`[classes, n, 784]`; zeros likewise."""

    def search(self, updates: int, step_size: float) -> None:
        """Updates every latent a number of times, then decodes it."""

        def fit(index: int) -> Tensor:
            chosen, decoder = self._chosen[index], self._decoders[index]
            if len(chosen) == 0:
                return torch.zeros(0, device=self._images.device)
            images = self._images[chosen]
            search = LatentSearch(
                decoder, images, self.latents[index, chosen], self._assumptions, step_size
            )
            search.advance(updates)
            decoded = decoder(search.latents).flatten(1)
            losses = self._assumptions.losses(decoded, images, search.latents)
            self.latents[index, chosen] = search.latents
            self.losses[index, chosen] = losses.detach()
            self.reconstructions[index, chosen] = decoded.detach()
            return losses

        self._fits = for_each_class(fit, len(self._decoders), self._workers)

    def attack(self, labels: Tensor, radius: float, strength: float, shares: Tensor) -> None:
        """Moves each image towards its best rival, within 0..1, as an attacker would.

        The derivative of the difference of two classes' losses with respect to the image is
        2(G_own − G_rival) / 784, so along G_rival − G_own the image loses its label soonest: after
        784·(loss_rival − loss_own) / (2‖G_rival − G_own‖) if latents stay as they are. An image
        goes its share `[n]` in 0..1 of `strength` (0..1) times `REACH` times that way, or of
        `strength` times `radius` (L2) where that is shorter; one that has lost its label already
        stays.
        """
        positions = torch.arange(len(labels), device=labels.device)
        wrong = self.losses.clone()
        wrong[labels, positions] = torch.inf
        rivals = wrong.argmin(0)
        direction = self.reconstructions[rivals, positions]
        direction = direction - self.reconstructions[labels, positions]
        lengths = direction.norm(dim=1).clamp_min(LEAST_DISTANCE)
        gaps = self.losses[rivals, positions] - self.losses[labels, positions]
        ways = (REACH * gaps * PIXELS / (2 * lengths)).clamp(0, radius)
        moved = self._images + direction * (strength * shares * ways / lengths).unsqueeze(1)
        self._images = moved.clamp(0, 1)

    def train(
        self, optimizers: Sequence[torch.optim.Adam], gradients: Tensor, learning_rate: float
    ) -> None:
        """One step of every decoder, given the derivative of the objective by each loss."""

        def update(index: int) -> None:
            chosen, optimizer = self._chosen[index], optimizers[index]
            if len(chosen) == 0:
                return
            for group in optimizer.param_groups:
                group["lr"] = learning_rate
            optimizer.zero_grad(set_to_none=True)
            self._fits[index].backward(gradients[index, chosen])
            optimizer.step()

        for_each_class(update, len(self._decoders), self._workers)
