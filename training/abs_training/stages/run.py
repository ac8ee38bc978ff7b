"""What all stages of a training run share."""

from dataclasses import dataclass
from pathlib import Path
from typing import Mapping, Optional, Sequence

import torch
from torch import Tensor

from abs_training.confidence.sets import MoreImages
from abs_training.decoders.layers import Decoder
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.record import Record
from abs_training.images.data import ImageSet
from abs_training.race.fit import TableSizes
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import paper_samples
from abs_training.stages.configuration import Configuration

VALIDATION_SAMPLES = 1000
"""Latents drawn from the prior from which a search may start, besides others."""


@dataclass(frozen=True)
class Start:
    """What the discriminative stage starts from in place of the autoencoders."""

    decoders: Sequence[Decoder]
    prototypes: Optional[Tensor]
    """`[classes, m, latents]`."""


@dataclass(frozen=True)
class Run:
    """A run: what it is made from, where it is saved, and what is recorded of it."""

    configuration: Configuration
    class_names: list[str]
    sha256: dict[str, str]
    training: ImageSet
    validation: ImageSet
    folder: Path
    """Where it is saved."""
    workers: int
    """Processes or threads; their number does not change the result."""
    storage: str
    """How the finished weights are stored, a name of `quantization.STORAGES`."""
    race: Optional[TableSizes]
    """Sizes of the race's tables; without them the weights have none."""
    more: MoreImages
    """Further images that the confidence is fitted to."""
    start: Optional[Start]
    """What the discriminative stage starts from; None: the autoencoders'."""
    device: torch.device
    assumptions: Assumptions
    fingerprint: str
    """Of all that the saved stages depend on."""
    checkpoint: Checkpoint
    record: Record

    def samples(self) -> Tensor:
        """Latents drawn from the prior, `[n, latents]`."""
        configuration = self.configuration
        generator = generator_for(configuration.seed, "validation samples")
        count = VALIDATION_SAMPLES if configuration.max_steps is None else configuration.batch
        return paper_samples(count, configuration.latents, generator).to(self.device)
