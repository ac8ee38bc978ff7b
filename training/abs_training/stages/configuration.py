"""What a training run does, apart from its data."""

import dataclasses
import json
from dataclasses import dataclass
from typing import Any, Optional

from abs_training.decoders.layers import Layer
from abs_training.images.augmentation import Distortion
from abs_training.stages.joint_fit import Attack
from abs_training.search.assumptions import Assumptions, Photometry


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
    decoders: Optional[str]
    """SHA-256 of the weights file whose decoders the discriminative stage starts from, or of several, with a space between; None: the autoencoders'."""
    discriminative_learning_rate: float
    """Of the decoders at the first step of the discriminative stage; falls likewise."""
    beta: float
    """Weight of ½‖z‖² in the loss, once the autoencoders are trained."""
    response: float
    """Slope of the response curve, from 1."""
    photometry: Optional[Photometry]
    """Priors of the gain and the offset of redrawings; None: they have neither."""
    tolerance: Optional[float]
    """Error of a pixel beyond which it counts less and less; None: all count by their squares."""
    averaged_share: float
    """Share of the discriminative stage's steps, the last ones, over which weights are averaged; if any, the learning rate does not fall."""
    attack_radius: float
    """Largest L2 distance by which the discriminative stage moves images towards their best rival."""
    attack_step: float
    """Largest change of every pixel (L∞) by which it does so."""
    attack_pixels: int
    """Most pixels (L0) that it makes black or white to do so."""
    attack_shares: tuple[float, float, float]
    """Shares of the images that are attacked in L2, L∞ and L0; the rest is not."""
    attack_left: float
    """Share of the attacks' strength that is left at the end of that stage, to which it falls steadily."""
    hard_visits: int
    """How often an epoch of that stage visits an image that is wrong or nearly so."""
    searched_share: float
    """Share of the training images whose latents are searched again before each epoch of that stage."""
    own_loss_weight: float
    """Weight of 784·(the own class's loss) in that stage, which keeps reconstructions good."""
    binarised_share: float
    """Share of the training images that stage turns black and white, for `binary-abs`."""
    noisy_share: float
    """Share of the training images to which that stage adds gaussian noise."""
    noise_deviation: float
    """Largest standard deviation of that noise."""
    augmented_share: float
    """Share of the training images that are distorted at each visit."""
    affine_deviation: float
    """Standard deviation of each entry of a distortion's 2×2 map around the identity."""
    shift_deviation: float
    """Standard deviation of a distortion's shift along each axis, in pixels."""
    prototypes: int
    """Starting latents stored for each class."""
    max_steps: Optional[int]
    """Most steps per class and stage, for a quick check; none for a real run."""
    device: str

    def fingerprint(self) -> str:
        """Text that is equal for equal configurations."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    def assumptions(self) -> Assumptions:
        """What the loss assumes."""
        return Assumptions(
            beta=self.beta,
            response=self.response,
            photometry=self.photometry,
            tolerance=self.tolerance,
        )

    def attack(self) -> Attack:
        """How far the discriminative stage moves images."""
        return Attack(self.attack_radius, self.attack_step, self.attack_pixels)

    def distortion(self) -> Distortion:
        """How training images are distorted."""
        return Distortion(self.augmented_share, self.affine_deviation, self.shift_deviation)

    def epochs(self, count: int) -> int:
        """The number of epochs, at most one in a quick check."""
        return count if self.max_steps is None else min(count, 1)

    def image_limit(self, images: int) -> int:
        """How many of a class's training images are used."""
        return images if self.max_steps is None else min(images, self.max_steps * self.batch)

    def as_json(self) -> dict[str, Any]:
        """The settings for the record, without the layers, which have a place of their own, and what older records lack as well:
        decoders that were not given, single visits, no averages, and the paper's weight of the prior.
        """
        values = dataclasses.asdict(self)
        del values["layers"]
        if self.decoders is None:
            del values["decoders"]
        if self.hard_visits == 1:
            del values["hard_visits"]
        if self.averaged_share == 0:
            del values["averaged_share"]
        if self.beta == 1:
            del values["beta"]
        return values
