"""How the classifier itself searches: a start for each class, then a short descent by BFGS.

The start is the best prototype or, where the weights have tables for a race, the one that the race
finds. All images at once, so that a confidence is fitted to what the classifier will see. Only that
the race drops classes that cannot win, and here all are searched to the end.
"""

from dataclasses import dataclass
from typing import Optional, Sequence

import torch
from torch import Tensor

from abs_training.decoders.layers import Decoder
from abs_training.foundation.threads import for_each_class
from abs_training.race.starts import RaceStarts
from abs_training.search.bfgs import descend
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import CHUNK, StartTable, decode


@dataclass(frozen=True)
class Redrawings:
    """What a search finds for `n` images."""

    images: Tensor
    """As seen, `[n, 784]` in 0..1."""
    losses: Tensor
    """`[n, classes]`."""
    latents: Tensor
    """The winner's latent, `[n, latents]`."""
    reconstructions: Tensor
    """The winner's reconstruction with gain and offset, `[n, 784]`."""
    gains: Tensor
    """Its gain, `[n]`."""
    offsets: Tensor
    """Its offset, `[n]`."""

    @property
    def labels(self) -> Tensor:
        """The class of lowest loss, `[n]`."""
        return self.losses.argmin(1)


def redraw(
    decoders: Sequence[Decoder],
    images: Tensor,
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    workers: int,
    race: Optional[RaceStarts] = None,
) -> Redrawings:
    """Searches all classes for images `[n, 784]` in 0..1.

    They start from the best of `starts`, `[m, latents]` for each class, or where `race` says.
    """
    images = assumptions.seen(images)
    proposed = None if race is None else race.best(images.cpu()).to(images.device)

    def search(index: int) -> tuple[Tensor, Tensor]:
        if proposed is None:
            start, _ = StartTable(decoders[index], starts[index], assumptions).best(images)
        else:
            start = proposed[index]
        found = [
            descend(decoders[index], part, latents, assumptions)
            for part, latents in zip(images.split(CHUNK), start.split(CHUNK))
        ]
        return torch.cat([losses for losses, _ in found]), torch.cat([z for _, z in found])

    found = for_each_class(search, len(decoders), workers)
    losses = torch.stack([of_class for of_class, _ in found], dim=1)
    labels = losses.argmin(1)
    latents = torch.stack([of_class for _, of_class in found])[labels, torch.arange(len(images))]
    decoded = torch.empty_like(images)
    for index, decoder in enumerate(decoders):
        won = (labels == index).nonzero().flatten()
        if len(won):
            decoded[won] = decode(decoder, latents[won])
    gains, offsets = assumptions.fit(decoded, images)
    fitted = gains.unsqueeze(1) * decoded + offsets.unsqueeze(1)
    return Redrawings(images, losses, latents, fitted, gains, offsets)
