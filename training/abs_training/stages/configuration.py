"""What a training run does, apart from its data."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Optional

from abs_training.decoders.layers import Layer


@dataclass(frozen=True)
class Configuration:
    """Settings that decide the result of a run; two runs with equal ones give equal weights."""

    layers: list[Layer]
    latents: int
    encoder: str
    """Kind of encoder, see `encoder.KINDS`."""
    seed: int
    batch: int
    """Images per step."""
    learning_rate: float
    """Of the autoencoders at their first step; falls to 0 along half a cosine."""
    pretraining_epochs: int
    """Passes of one autoencoder over all classes, from which every class starts."""
    vae_epochs: int
    discriminative_epochs: int
    discriminative_learning_rate: float
    """Of the decoders at the first step of the discriminative stage; falls likewise."""
    attack_radius: float
    """Largest L2 distance by which that stage moves images towards their best rival."""
    attack_left: float
    """Share of the attacks' strength that is left at the end of that stage, to which it falls steadily."""
    searched_share: float
    """Share of the training images whose latents are searched again before each epoch of that stage."""
    own_loss_weight: float
    """Weight of 784·(the own class's loss) in that stage, which keeps reconstructions good."""
    binarised_share: float
    """Share of the training images that stage turns black and white, for `binary-abs`."""
    augmented_share: float
    """Share of the training images that are distorted at each visit."""
    prototypes: int
    """Starting latents stored for each class."""
    max_steps: Optional[int]
    """Most steps per class and stage, for a quick check; none for a real run."""
    device: str

    def fingerprint(self) -> str:
        """Text that is equal for equal configurations."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def epochs(self, count: int) -> int:
        """The number of epochs, at most one in a quick check."""
        return count if self.max_steps is None else min(count, 1)

    def image_limit(self, images: int) -> int:
        """How many of a class's training images are used."""
        return images if self.max_steps is None else min(images, self.max_steps * self.batch)

    def as_json(self) -> dict[str, Any]:
        """The settings for the record, without the layers, which have a place of their own."""
        values = dataclasses.asdict(self)
        del values["layers"]
        return values
