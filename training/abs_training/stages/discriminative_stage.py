"""Joint training of all classes' decoders: an image's own class must fit better than its rivals.

For each image the losses of its own class and of the two best wrong classes enter a cross-entropy.
Latents are found by search and then held fixed: by the envelope theorem that gives the gradient of
the loss at the best latent.

Images are first moved towards their best rival, as an attacker would move them, in one of several norms
(joint_fit.py). The latents then adapt to the moved image before its losses are compared.
"""

import time
from typing import Any, Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae
from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint
from abs_training.foundation.learning_rate import cosine
from abs_training.foundation.optimizer_moments import moments_of, restore_moments
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.record import Record
from abs_training.foundation.threads import for_each_class
from abs_training.images.augmentation import add_noise, binarise, distort
from abs_training.images.data import PIXELS, ImageSet, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.stages.configuration import Configuration
from abs_training.stages.joint_fit import JointFit
from abs_training.stages.latent_table import NAME, LatentTable, compared_classes
from abs_training.stages.mean_weights import MeanWeights
from abs_training.stages.visits import order_of_visits

IMAGES_A_STEP = 96
"""Images per step; with three classes per image, about 30 per class when there are ten."""

RIVALS = 2
"""Wrong classes that an image is compared with: those of lowest loss."""

UPDATES_A_VISIT = 4
"""Updates of an image's latents each time the image is visited."""

STEP_SIZE = 0.05
"""Of those updates."""

ATTACKED_UPDATES = 2
"""Further updates after the image was moved towards its best rival."""

SHARPNESS = 0.5
"""Cross-entropy of softmax(−½·784·loss)."""


class DiscriminativeStage:
    """The stage's state and its steps."""

    def __init__(
        self,
        configuration: Configuration,
        assumptions: Assumptions,
        training: ImageSet,
        vaes: Sequence[Vae],
        decoders: Sequence[dict[str, Any]],
        prototypes: Optional[Sequence[Tensor]],
        workers: int,
        checkpoint: Checkpoint,
        record: Record,
    ) -> None:
        """`vaes` propose the first latents; `decoders` are the weights that training starts from, `prototypes` latents of each
        class, `[m, latents]`, from which its searches may start.
        """
        self._configuration = configuration
        self._assumptions = assumptions
        self._device = torch.device(configuration.device)
        self._images = training.images.to(self._device)
        self._labels = training.labels.to(self._device)
        self._workers = workers
        self._checkpoint = checkpoint
        self._record = record
        self._epochs = configuration.epochs(configuration.discriminative_epochs)
        self.decoders = []
        for weights in decoders:
            decoder = Decoder(configuration.layers, configuration.latents, batch_norm=False)
            decoder.load_state_dict(weights)
            self.decoders.append(decoder.to(self._device))
        self._optimizers = [
            torch.optim.Adam(decoder.parameters(), lr=configuration.discriminative_learning_rate)
            for decoder in self.decoders
        ]
        self._table = LatentTable(
            configuration,
            assumptions,
            self._images,
            self._labels,
            self.decoders,
            [vae.to(self._device).eval() for vae in vaes],
            prototypes,
            workers,
        )
        self._mean = MeanWeights()
        self._sums = torch.zeros(4)
        self._order = torch.zeros(0, dtype=torch.long, device=self._device)
        self._epoch = 0
        self._step = 0
        self._last_save = time.monotonic()
        self._restore()

    def run(self) -> list[dict[str, Any]]:
        """Trains to the end and returns the decoders' weights, or their mean where steps are averaged."""
        if self._epochs > 0:
            self._table.search_first(self._save_sometimes)
        with tqdm(
            total=self._epochs, initial=self._epoch, desc=NAME, unit="epoch", mininterval=5
        ) as progress:
            while self._epoch < self._epochs:
                if self._step == 0:
                    if self._epoch > 0:
                        self._table.search_anew(self._epoch)
                    self._order = self._visited_images()
                batches = self._order.split(IMAGES_A_STEP)
                for batch in batches[self._step :]:
                    self._train((self._epoch + self._step / len(batches)) / self._epochs, batch)
                    self._step += 1
                    progress.update(1 / len(batches))
                    self._save_sometimes()
                self._epoch, self._step = self._epoch + 1, 0
                self._record_epoch()
        self._save()
        weights = self._mean.weights() or [decoder.state_dict() for decoder in self.decoders]
        return [{name: value.cpu() for name, value in values.items()} for values in weights]

    def _visited_images(self) -> Tensor:
        """Positions of the images that this epoch visits, in its order."""
        configuration = self._configuration
        generator = generator_for(configuration.seed, NAME, self._epoch)
        return order_of_visits(self._table.margins(), configuration.hard_visits, generator)

    def _train(self, progress: float, batch: Tensor) -> None:
        """One step on the images at the given positions; `progress` goes from 0 to 1."""
        configuration = self._configuration
        generator = generator_for(configuration.seed, NAME, self._epoch, self._step)
        originals = to_unit_range(self._images[batch])
        images = binarise(
            distort(originals, configuration.distortion(), generator),
            configuration.binarised_share,
            generator,
        )
        images = add_noise(
            images, configuration.noisy_share, configuration.noise_deviation, generator
        )
        unchanged = (images == originals).flatten(1).all(1)
        labels = self._labels[batch]
        latents, losses = self._table.latents, self._table.losses
        compared = compared_classes(losses[:, batch], labels, RIVALS)
        fit = JointFit(
            self.decoders,
            compared,
            images.flatten(1),
            latents[:, batch],
            self._assumptions,
            self._workers,
        )
        fit.search(UPDATES_A_VISIT, STEP_SIZE)
        latents[:, batch] = fit.latents
        # Distorted images would blur the ranking of rivals, so only others renew it.
        renew = compared & unchanged
        losses[:, batch] = torch.where(renew, fit.losses, losses[:, batch])
        if sum(configuration.attack_shares) > 0:
            shares = torch.rand(len(batch), generator=generator).to(self._device)
            strength = 1 - (1 - configuration.attack_left) * progress
            limits = torch.tensor(configuration.attack_shares).cumsum(0)
            drawn = torch.rand(len(batch), 1, generator=generator)
            kinds = (drawn > limits).sum(1).to(self._device)
            fit.attack(labels, configuration.attack(), kinds, strength, shares)
            fit.search(ATTACKED_UPDATES, STEP_SIZE)
        averaged = configuration.averaged_share
        rate = configuration.discriminative_learning_rate * (
            1 if averaged > 0 else cosine(progress)
        )
        fit.train(self._optimizers, self._gradients(fit.losses, labels), rate)
        if progress >= 1 - averaged:
            self._mean.add(self.decoders)
        self._sums += self._figures(fit.losses, labels)

    def _gradients(self, losses: Tensor, labels: Tensor) -> Tensor:
        """Derivative of the objective by each loss, `[classes, n]`; classes left out have 0."""
        shares = torch.softmax(-SHARPNESS * PIXELS * losses, dim=0)
        positions = torch.arange(len(labels), device=labels.device)
        gradients = -SHARPNESS * PIXELS * shares
        gradients[labels, positions] += (SHARPNESS + self._configuration.own_loss_weight) * PIXELS
        return gradients / len(labels)

    def _figures(self, losses: Tensor, labels: Tensor) -> Tensor:
        """Sums over the batch: images, cross-entropy, images with the right label, own loss."""
        positions = torch.arange(len(labels), device=labels.device)
        own = losses[labels, positions]
        entropies = -torch.log_softmax(-SHARPNESS * PIXELS * losses, dim=0)[labels, positions]
        right = (losses.argmin(0) == labels).to(losses.dtype)
        sums = [torch.ones_like(right), entropies, right, PIXELS * own]
        return torch.stack([values.sum() for values in sums]).cpu()

    def _record_epoch(self) -> None:
        """Adds the epoch's means over the images visited, attacked as they were, to the curves."""
        means = self._sums / self._sums[0].clamp_min(1)
        for series, value in (
            ("cross-entropy", means[1]),
            ("share right", means[2]),
            ("own loss · 784", means[3]),
            ("share of images visited", self._sums[0] / len(self._labels)),
        ):
            self._record.add_point(NAME, series, self._epoch, float(value))
        self._sums = torch.zeros(4)

    def _save_sometimes(self) -> None:
        if time.monotonic() - self._last_save > SECONDS_BETWEEN_SAVES:
            self._save()

    def _save(self) -> None:
        self._record.flush()
        self._checkpoint.save(
            NAME,
            {
                "searched": self._table.searched,
                "epoch": self._epoch,
                "step": self._step,
                "order": self._order,
                "sums": self._sums,
                "decoders": [decoder.state_dict() for decoder in self.decoders],
                "mean": self._mean.state(),
                "moments": [moments_of(optimizer) for optimizer in self._optimizers],
                "latents": self._table.latents,
                "losses": self._table.losses,
            },
        )
        self._last_save = time.monotonic()

    def _restore(self) -> None:
        state = self._checkpoint.load(NAME)
        if state is None:
            return
        self._table.searched = state["searched"]
        self._epoch = state["epoch"]
        self._step = state["step"]
        self._order = state["order"].to(self._device)
        self._sums = state["sums"]
        self._mean.restore(state.get("mean"))
        self._table.latents = state["latents"].to(self._device)
        self._table.losses = state["losses"].to(self._device)
        for decoder, weights in zip(self.decoders, state["decoders"]):
            decoder.load_state_dict(weights)
        for optimizer, moments in zip(self._optimizers, state["moments"]):
            restore_moments(optimizer, moments)
