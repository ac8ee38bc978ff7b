"""Latents and losses of all training images under all classes, as the discriminative stage keeps them."""

import math
from typing import Callable, Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae, encode
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.threads import for_each_class
from abs_training.images.data import PIXELS, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.search.bfgs import descend
from abs_training.search.inference import CHUNK as SIDE_BY_SIDE
from abs_training.search.inference import StartTable
from abs_training.stages.configuration import Configuration

NAME = "discriminative"
"""Of the stage, from which random numbers are drawn."""

SAMPLES = 500
"""Latents drawn from the prior from which a search of all classes may start.

The first search may also start from the encoder's latent, later ones from the one known.
"""

SAMPLES_BESIDE_PROTOTYPES = 100
"""As many of them where the decoders that the stage starts from bring prototypes."""

SEARCHED_RIVALS = 3
"""Wrong classes whose latents such a search improves, as it does the own class's."""

CHUNK = 5000
"""Images searched side by side; between two chunks of the first search the stage may be saved."""


class LatentTable:
    """The table, and the searches that fill and renew it."""

    def __init__(
        self,
        configuration: Configuration,
        assumptions: Assumptions,
        images: Tensor,
        labels: Tensor,
        decoders: Sequence[Decoder],
        vaes: Sequence[Vae],
        prototypes: Optional[Sequence[Tensor]],
        workers: int,
    ) -> None:
        """`images` are bytes `[n, 1, 28, 28]`; `vaes` propose first latents, `prototypes` `[m, latents]` of each class join them."""
        self._configuration = configuration
        self._assumptions = assumptions
        self._device = images.device
        self._images = images
        self._labels = labels
        self._decoders = decoders
        self._vaes = vaes
        none = [torch.zeros(0, configuration.latents)] * len(decoders)
        self._prototypes = none if prototypes is None else prototypes
        self._samples = SAMPLES if prototypes is None else SAMPLES_BESIDE_PROTOTYPES
        self._workers = workers
        classes, count = len(decoders), len(labels)
        self.latents = torch.zeros(classes, count, configuration.latents, device=self._device)
        """`[classes, n, latents]`."""
        self.losses = torch.full((classes, count), math.inf, device=self._device)
        """`[classes, n]`."""
        self.searched = 0
        """How many images the first search has met."""

    def margins(self) -> Tensor:
        """784 · (the best rival's loss − the own class's), `[n]`."""
        positions = torch.arange(len(self._labels), device=self._device)
        rivals = self.losses.clone()
        rivals[self._labels, positions] = math.inf
        return PIXELS * (rivals.min(0).values - self.losses[self._labels, positions])

    def search_first(self, save: Callable[[], None]) -> None:
        """Fills the table; `save` is called between chunks of images."""
        configuration = self._configuration
        samples = torch.randn(
            self._samples,
            configuration.latents,
            generator=generator_for(configuration.seed, NAME, "samples"),
        ).to(self._device)
        with tqdm(
            total=len(self._labels), initial=self.searched, desc="first latents", unit="image"
        ) as progress:
            while self.searched < len(self._labels):
                end = min(self.searched + CHUNK, len(self._labels))
                part = torch.arange(self.searched, end, device=self._device)
                images = self._assumptions.seen(to_unit_range(self._images[part]))
                self._search_part(part, samples, [encode(vae, images) for vae in self._vaes])
                progress.update(len(part))
                self.searched = end
                save()

    def search_anew(self, epoch: int) -> None:
        """Renews latents and losses of some images under all classes.

        Without it the rivals of an image would be those that the first search found, while others
        have learned to explain it.
        """
        generator = generator_for(self._configuration.seed, NAME, "anew", epoch)
        drawn = torch.rand(len(self._labels), generator=generator)
        samples = torch.randn(self._samples, self._configuration.latents, generator=generator)
        chosen = (drawn < self._configuration.searched_share).nonzero().flatten().to(self._device)
        for part in chosen.split(CHUNK):
            proposed = [latents[part] for latents in self.latents]
            self._search_part(part, samples.to(self._device), proposed)

    def _search_part(self, part: Tensor, samples: Tensor, proposed: Sequence[Tensor]) -> None:
        """Searches the images at some positions from prototypes, samples or a latent proposed for each class.

        To its end under their own class and the best rivals, as inference does: an image whose own latent is poor would teach
        its decoder to draw what another part of it draws already.
        """
        flat = self._assumptions.seen(to_unit_range(self._images[part])).flatten(1)

        def start(index: int) -> None:
            starts = torch.cat([self._prototypes[index].to(self._device), samples])
            table = StartTable(self._decoders[index], starts, self._assumptions)
            latents, losses = table.best_or_proposed(flat, proposed[index])
            self.latents[index, part] = latents
            self.losses[index, part] = losses

        for_each_class(start, len(self._decoders), self._workers)
        compared = compared_classes(self.losses[:, part], self._labels[part], SEARCHED_RIVALS)

        def improve(index: int) -> None:
            chosen = compared[index].nonzero().flatten()
            if len(chosen) == 0:
                return
            positions = part[chosen]
            found = [
                descend(self._decoders[index], images, latents, self._assumptions)
                for images, latents in zip(
                    flat[chosen].split(SIDE_BY_SIDE),
                    self.latents[index, positions].split(SIDE_BY_SIDE),
                )
            ]
            self.latents[index, positions] = torch.cat([latents for _, latents in found])
            self.losses[index, positions] = torch.cat([losses for losses, _ in found])

        for_each_class(improve, len(self._decoders), self._workers)


def compared_classes(losses: Tensor, labels: Tensor, rivals: int) -> Tensor:
    """Which classes enter an image's cross-entropy, `[classes, n]` of truth values."""
    positions = torch.arange(len(labels), device=labels.device)
    wrong = losses.clone()
    wrong[labels, positions] = math.inf
    best = wrong.topk(min(rivals, len(losses) - 1), dim=0, largest=False).indices
    compared = torch.zeros_like(losses, dtype=torch.bool)
    compared[best, positions] = True
    compared[labels, positions] = True
    return compared
