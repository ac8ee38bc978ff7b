"""How several classes explain a batch of images during joint training of their decoders, and attacks on that."""

from dataclasses import dataclass
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


NORMS = ("L2", "Linf", "L0")
"""In which an image may be attacked."""


@dataclass(frozen=True)
class Attack:
    """How far images may be moved."""

    radius: float
    """L2, of the image as seen."""
    step: float
    """L∞."""
    pixels: int
    """L0."""


@dataclass(frozen=True)
class Push:
    """Images and what is known of where they lose their label."""

    originals: Tensor
    """`[n, 784]` in 0..1."""
    images: Tensor
    """The same as seen."""
    directions: Tensor
    """Derivative of what is to grow, `[n, 784]`, with respect to the image as seen."""
    wanted: Tensor
    """By how much it should grow at most, `[n]`, not negative."""

    def straight(self, shares: Tensor, radius: float) -> Tensor:
        """Images as seen, moved along the direction by at most shares `[n]` of `radius` in L2."""
        lengths = self.directions.norm(dim=1).clamp_min(LEAST_DISTANCE)
        ways = (self.wanted / lengths).clamp_max(radius)
        return (self.images + self.directions * (shares * ways / lengths).unsqueeze(1)).clamp(0, 1)

    def every_pixel(self, shares: Tensor, step: float, response: float) -> Tensor:
        """Images, every pixel moved by the same step, of at most shares `[n]` of `step`.

        A pixel that is black or white must cross the response curve's flat part before anything is seen of it.
        """
        flat = (1 - 1 / response) / 2
        sums = self.directions.abs().sum(1).clamp_min(LEAST_DISTANCE)
        ways = (flat + self.wanted / sums / response).clamp_max(step)
        ways = torch.where(self.wanted > 0, ways, torch.zeros_like(ways))
        signs = self.directions.sign()
        return (self.originals + signs * (shares * ways).unsqueeze(1)).clamp(0, 1)

    def few_pixels(self, shares: Tensor, pixels: int) -> Tensor:
        """Images as seen, at most shares `[n]` of so many pixels made black or white: those that gain most."""
        ends = (self.directions > 0).to(self.images.dtype)
        gains = self.directions * (ends - self.images)
        most = min(pixels, PIXELS)
        best, chosen = gains.topk(most, dim=1)
        before = best.cumsum(1) - best
        ranks = torch.arange(most, device=best.device)
        kept = (ranks < (shares * pixels).unsqueeze(1)) & (before < self.wanted.unsqueeze(1))
        struck = torch.where(kept, ends.gather(1, chosen), self.images.gather(1, chosen))
        return self.images.scatter(1, chosen, struck)


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
        """`compared` is `[classes, n]` of truth values, `images` `[n, 784]` in 0..1, `latents` `[classes, n, latents]`."""
        self._decoders = decoders
        self._chosen = [row.nonzero().flatten() for row in compared]
        self._originals = images
        self._images = assumptions.seen(images)
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

    def attack(
        self, labels: Tensor, attack: Attack, kinds: Tensor, strength: float, shares: Tensor
    ) -> None:
        """Moves each image `[n]` towards its best rival, within 0..1, as an attacker would.

        The derivative of 784 · (own loss − rival's loss) with respect to the image as seen is the direction in
        which the image loses its label soonest. The first-order model of both losses tells how far it is to
        the boundary while latents stay as they are; an image goes its share `[n]` in 0..1 of `strength` (0..1)
        times `REACH` times that way, or of `strength` times the attack's limit where that is nearer. One that
        has lost its label already stays. `kinds` `[n]` holds each image's norm, an index of `NORMS`, or others for
        images that nobody attacks.
        """
        positions = torch.arange(len(labels), device=labels.device)
        wrong = self.losses.clone()
        wrong[labels, positions] = torch.inf
        rivals = wrong.argmin(0)
        own = self._assumptions.image_gradients(
            self.reconstructions[labels, positions], self._images
        )
        rival = self._assumptions.image_gradients(
            self.reconstructions[rivals, positions], self._images
        )
        gaps = (self.losses[rivals, positions] - self.losses[labels, positions]) * PIXELS
        push = Push(self._originals, self._images, own - rival, REACH * gaps.clamp_min(0))
        moved = [
            push.straight(strength * shares, attack.radius),
            self._assumptions.seen(
                push.every_pixel(strength * shares, attack.step, self._assumptions.response)
            ),
            push.few_pixels(strength * shares, attack.pixels),
        ]
        for kind, images in enumerate(moved):
            self._images = torch.where((kinds == kind).unsqueeze(1), images, self._images)

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
