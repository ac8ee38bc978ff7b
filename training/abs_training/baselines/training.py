"""Trains a baseline network, plainly or against an attack (Madry et al. 2018, arXiv:1706.06083)."""

import dataclasses
import hashlib
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

import torch
from torch import Tensor, nn
from tqdm import tqdm

from abs_training.baselines.adversarial_attack import Attack, accuracy, perturb, robust_accuracy
from abs_training.baselines.cnn import Cnn
from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint
from abs_training.foundation.learning_rate import cosine
from abs_training.foundation.optimizer_moments import moments_of, restore_moments
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.record import Record
from abs_training.images.augmentation import Distortion, distort
from abs_training.images.data import DataSet, to_unit_range

CURVE_ATTACK_STEPS = 10
"""Steps of the attack that is measured after each epoch, for the curves."""

CURVE_IMAGES = 500
"""Validation images of that attack."""


@dataclass(frozen=True)
class Recipe:
    """How a network is trained; equal recipes and data give equal weights."""

    name: str
    maps: tuple[int, int, int]
    """Maps of the three hidden layers."""
    batch_norm: bool
    epochs: int
    batch: int
    """Images per step."""
    learning_rate: float
    """Of Adam after the warm-up; falls to 0 along half a cosine."""
    augmented_share: float
    """Share of the images that are distorted at each visit."""
    attack: Optional[Attack]
    """Perturbs every image of a step; none for plain training."""
    warm_up_share: float
    """Share of the epochs over which the attack's radius and step size rise from 0.

    Trained at the full radius from the start, a network often learns nothing at all.
    """
    seed: int
    max_steps: Optional[int]
    """Most steps, in one epoch, for a quick check; none for a real run."""
    device: str

    def fingerprint(self, data: DataSet) -> str:
        """Equal for runs that give equal weights."""
        parts = [dataclasses.asdict(self), data.class_names, data.sha256]
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode("utf-8")).hexdigest()

    def attack_at(self, progress: float) -> Optional[Attack]:
        """The attack when a share of the training is done."""
        if self.attack is None:
            return None
        strength = min(1.0, progress / self.warm_up_share) if self.warm_up_share > 0 else 1.0
        return dataclasses.replace(
            self.attack,
            radius=self.attack.radius * strength,
            step_size=self.attack.step_size * strength,
        )


PLAIN = Recipe(
    name="plain",
    maps=(16, 32, 32),
    batch_norm=True,
    epochs=15,
    batch=128,
    learning_rate=3e-3,
    augmented_share=0.7,
    attack=None,
    warm_up_share=0.0,
    seed=0,
    max_steps=None,
    device="cpu",
)

ADVERSARIAL = Recipe(
    name="adversarial",
    maps=(16, 32, 64),
    batch_norm=False,
    epochs=12,
    batch=128,
    learning_rate=2e-3,
    augmented_share=0.0,
    attack=Attack(radius=0.3, step_size=0.12, steps=4),
    warm_up_share=0.3,
    seed=0,
    max_steps=None,
    device="cpu",
)

RECIPES = {recipe.name: recipe for recipe in (PLAIN, ADVERSARIAL)}


class BaselineTraining:
    """A run's state and its steps; it continues from what is saved in the run's folder."""

    def __init__(self, recipe: Recipe, data: DataSet, folder: Path) -> None:
        self._recipe = recipe
        self._device = torch.device(recipe.device)
        training = data.training
        if recipe.max_steps is not None:
            training = training.first(recipe.max_steps * recipe.batch)
        self._images = training.images.to(self._device)
        self._labels = training.labels.to(self._device)
        self._validation = data.validation
        self._epochs = recipe.epochs if recipe.max_steps is None else min(recipe.epochs, 1)
        self._checkpoint = Checkpoint(folder, recipe.fingerprint(data))
        self.record = Record(self._checkpoint)
        torch.manual_seed(generator_for(recipe.seed, "weights", recipe.name).initial_seed())
        self._model = Cnn(recipe.maps, data.class_names, recipe.batch_norm).to(self._device)
        self._optimizer = torch.optim.Adam(self._model.parameters(), lr=recipe.learning_rate)
        self._epoch = 0
        self._step = 0
        self._objective = torch.zeros((), dtype=torch.float64)
        self._last_save = time.monotonic()
        self._restore()

    def run(self) -> Cnn:
        """Trains to the end and returns the network, batch normalisation folded in."""
        recipe = self._recipe
        with self.record.timed(recipe.name), tqdm(
            total=self._epochs * len(self._batches(0)),
            initial=self._epoch * len(self._batches(0)) + self._step,
            desc=recipe.name,
            unit="step",
            mininterval=5,
        ) as progress:
            while self._epoch < self._epochs:
                batches = self._batches(self._epoch)
                for batch in batches[self._step :]:
                    self._train(batch, (self._epoch + self._step / len(batches)) / self._epochs)
                    self._step += 1
                    progress.update()
                    if time.monotonic() - self._last_save > SECONDS_BETWEEN_SAVES:
                        self._save()
                self._add_points(len(batches))
                self._epoch, self._step = self._epoch + 1, 0
                self._objective.zero_()
            self._save()
        return self._model.cpu().folded()

    @property
    def image_count(self) -> int:
        """Training images used: all, but in a quick check."""
        return len(self._labels)

    def _batches(self, epoch: int) -> list[Tensor]:
        """Positions of the images of each step of an epoch."""
        generator = generator_for(self._recipe.seed, self._recipe.name, epoch)
        order = torch.randperm(len(self._labels), generator=generator)
        # The last batch may be short, but batch normalisation needs more than one image.
        return [part for part in order.split(self._recipe.batch) if len(part) > 1]

    def _train(self, batch: Tensor, progress: float) -> None:
        """One step on the images at the given positions; `progress` goes from 0 to 1."""
        recipe = self._recipe
        generator = generator_for(recipe.seed, recipe.name, self._epoch, self._step)
        picked = batch.to(self._device)
        images, labels = to_unit_range(self._images[picked]), self._labels[picked]
        images = distort(images, Distortion(recipe.augmented_share), generator)
        self._model.train()
        attack = recipe.attack_at(progress)
        if attack is not None:
            images = perturb(self._model, images, labels, attack, generator)
        for group in self._optimizer.param_groups:
            group["lr"] = recipe.learning_rate * cosine(progress)
        self._optimizer.zero_grad(set_to_none=True)
        objective = nn.functional.cross_entropy(self._model(images), labels)
        objective.backward()
        self._optimizer.step()
        self._objective += float(objective)

    def _add_points(self, steps: int) -> None:
        """Adds the finished epoch to the curves."""
        recipe, epoch = self._recipe, self._epoch + 1
        progress = epoch / self._epochs
        points = {
            "mean cross-entropy": float(self._objective) / steps,
            "learning rate": recipe.learning_rate * cosine(progress),
        }
        self._model.eval()
        images = to_unit_range(self._validation.images.to(self._device))
        labels = self._validation.labels.to(self._device)
        points["validation accuracy/clean"] = accuracy(self._model, images, labels)
        attack = recipe.attack_at(progress)
        if recipe.attack is not None and attack is not None:
            points["radius of the attack"] = attack.radius
            measured = dataclasses.replace(recipe.attack, steps=CURVE_ATTACK_STEPS)
            points["validation accuracy/attacked"] = robust_accuracy(
                self._model,
                images[:CURVE_IMAGES],
                labels[:CURVE_IMAGES],
                measured,
                generator_for(recipe.seed, recipe.name, "curve", epoch),
            )
        for series, value in points.items():
            self.record.add_point(recipe.name, series, epoch, value)

    def _save(self) -> None:
        self.record.flush()
        self._checkpoint.save(
            self._recipe.name,
            {
                "epoch": self._epoch,
                "step": self._step,
                "objective": self._objective,
                "model": self._model.state_dict(),
                "moments": moments_of(self._optimizer),
            },
        )
        self._last_save = time.monotonic()

    def _restore(self) -> None:
        state = self._checkpoint.load(self._recipe.name)
        if state is None:
            return
        self._epoch = state["epoch"]
        self._step = state["step"]
        self._objective = state["objective"]
        self._model.load_state_dict(state["model"])
        restore_moments(self._optimizer, state["moments"])
