"""Joint training of all classes' decoders: an image's own class must fit better than its rivals.

For each image the losses of its own class and of the two best wrong classes enter a cross-entropy.
Latents are found by search and then held fixed: by the envelope theorem that gives the gradient of
the loss at the best latent.

Images are first moved towards their best rival, as an attacker would move them, in one of several norms
(joint_fit.py). The latents then adapt to the moved image before its losses are compared.
"""

import math
import time
from typing import Any, Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae, encode
from abs_training.foundation.checkpoint import SECONDS_BETWEEN_SAVES, Checkpoint
from abs_training.foundation.learning_rate import cosine
from abs_training.foundation.optimizer_moments import moments_of, restore_moments
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.record import Record
from abs_training.foundation.threads import for_each_class
from abs_training.images.augmentation import add_noise, binarise, distort
from abs_training.images.data import PIXELS, ImageSet, to_unit_range
from abs_training.search.assumptions import Assumptions
from abs_training.search.bfgs import descend
from abs_training.search.inference import CHUNK as SIDE_BY_SIDE
from abs_training.search.inference import StartTable
from abs_training.stages.configuration import Configuration
from abs_training.stages.joint_fit import JointFit
from abs_training.stages.visits import order_of_visits

NAME = "discriminative"

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
        self._vaes = [vae.to(self._device).eval() for vae in vaes]
        self._prototypes = (
            [torch.zeros(0, configuration.latents)] * len(decoders)
            if prototypes is None
            else prototypes
        )
        self._samples = SAMPLES if prototypes is None else SAMPLES_BESIDE_PROTOTYPES
        self._workers = workers
        self._checkpoint = checkpoint
        self._record = record
        self._epochs = configuration.epochs(configuration.discriminative_epochs)
        classes, count = len(decoders), len(training)
        self.decoders = []
        for weights in decoders:
            decoder = Decoder(configuration.layers, configuration.latents, batch_norm=False)
            decoder.load_state_dict(weights)
            self.decoders.append(decoder.to(self._device))
        self._optimizers = [
            torch.optim.Adam(decoder.parameters(), lr=configuration.discriminative_learning_rate)
            for decoder in self.decoders
        ]
        self._latents = torch.zeros(classes, count, configuration.latents, device=self._device)
        self._losses = torch.full((classes, count), math.inf, device=self._device)
        self._searched = 0
        self._sums = torch.zeros(4)
        self._order = torch.zeros(0, dtype=torch.long, device=self._device)
        self._epoch = 0
        self._step = 0
        self._last_save = time.monotonic()
        self._restore()

    def run(self) -> list[dict[str, Any]]:
        """Trains to the end and returns the decoders' weights."""
        if self._epochs > 0:
            self._search_first_latents()
        with tqdm(
            total=self._epochs, initial=self._epoch, desc=NAME, unit="epoch", mininterval=5
        ) as progress:
            while self._epoch < self._epochs:
                if self._step == 0:
                    if self._epoch > 0:
                        self._search_anew()
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
        return [
            {name: value.cpu() for name, value in decoder.state_dict().items()}
            for decoder in self.decoders
        ]

    def _visited_images(self) -> Tensor:
        """Positions of the images that this epoch visits, in its order."""
        positions = torch.arange(len(self._labels), device=self._device)
        rivals = self._losses.clone()
        rivals[self._labels, positions] = math.inf
        margins = rivals.min(0).values - self._losses[self._labels, positions]
        configuration = self._configuration
        generator = generator_for(configuration.seed, NAME, self._epoch)
        return order_of_visits(PIXELS * margins, configuration.hard_visits, generator)

    def _search_first_latents(self) -> None:
        """Fills the tables of latents and losses."""
        configuration = self._configuration
        samples = torch.randn(
            self._samples,
            configuration.latents,
            generator=generator_for(configuration.seed, NAME, "samples"),
        ).to(self._device)
        with tqdm(
            total=len(self._labels), initial=self._searched, desc="first latents", unit="image"
        ) as progress:
            while self._searched < len(self._labels):
                end = min(self._searched + CHUNK, len(self._labels))
                part = torch.arange(self._searched, end, device=self._device)
                images = self._assumptions.seen(to_unit_range(self._images[part]))
                self._search_part(part, samples, [encode(vae, images) for vae in self._vaes])
                progress.update(len(part))
                self._searched = end
                self._save_sometimes()

    def _search_anew(self) -> None:
        """Renews latents and losses of some images under all classes.

        Without it the rivals of an image would be those that the first search found, while others
        have learned to explain it.
        """
        generator = generator_for(self._configuration.seed, NAME, "anew", self._epoch)
        drawn = torch.rand(len(self._labels), generator=generator)
        samples = torch.randn(self._samples, self._configuration.latents, generator=generator)
        chosen = (drawn < self._configuration.searched_share).nonzero().flatten().to(self._device)
        for part in chosen.split(CHUNK):
            proposed = [latents[part] for latents in self._latents]
            self._search_part(part, samples.to(self._device), proposed)

    def _search_part(self, part: Tensor, samples: Tensor, proposed: Sequence[Tensor]) -> None:
        """Searches the images at some positions from prototypes, samples or a latent proposed for each class.

        To its end under their own class and the best rivals, as inference does: an image whose own latent is poor would teach
        its decoder to draw what another part of it draws already.
        """
        flat = self._assumptions.seen(to_unit_range(self._images[part])).flatten(1)

        def start(index: int) -> None:
            starts = torch.cat([self._prototypes[index].to(self._device), samples])
            table = StartTable(self.decoders[index], starts, self._assumptions)
            latents, losses = table.best_or_proposed(flat, proposed[index])
            self._latents[index, part] = latents
            self._losses[index, part] = losses

        for_each_class(start, len(self.decoders), self._workers)
        compared = self._compared_classes(
            self._losses[:, part], self._labels[part], SEARCHED_RIVALS
        )

        def improve(index: int) -> None:
            chosen = compared[index].nonzero().flatten()
            if len(chosen) == 0:
                return
            positions = part[chosen]
            found = [
                descend(self.decoders[index], images, latents, self._assumptions)
                for images, latents in zip(
                    flat[chosen].split(SIDE_BY_SIDE),
                    self._latents[index, positions].split(SIDE_BY_SIDE),
                )
            ]
            self._latents[index, positions] = torch.cat([latents for _, latents in found])
            self._losses[index, positions] = torch.cat([losses for losses, _ in found])

        for_each_class(improve, len(self.decoders), self._workers)

    def _compared_classes(self, losses: Tensor, labels: Tensor, rivals: int) -> Tensor:
        """Which classes enter an image's cross-entropy, `[classes, n]` of truth values."""
        positions = torch.arange(len(labels), device=labels.device)
        wrong = losses.clone()
        wrong[labels, positions] = math.inf
        best = wrong.topk(min(rivals, len(losses) - 1), dim=0, largest=False).indices
        compared = torch.zeros_like(losses, dtype=torch.bool)
        compared[best, positions] = True
        compared[labels, positions] = True
        return compared

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
        compared = self._compared_classes(self._losses[:, batch], labels, RIVALS)
        fit = JointFit(
            self.decoders,
            compared,
            images.flatten(1),
            self._latents[:, batch],
            self._assumptions,
            self._workers,
        )
        fit.search(UPDATES_A_VISIT, STEP_SIZE)
        self._latents[:, batch] = fit.latents
        # Distorted images would blur the ranking of rivals, so only others renew it.
        renew = compared & unchanged
        self._losses[:, batch] = torch.where(renew, fit.losses, self._losses[:, batch])
        if sum(configuration.attack_shares) > 0:
            shares = torch.rand(len(batch), generator=generator).to(self._device)
            strength = 1 - (1 - configuration.attack_left) * progress
            limits = torch.tensor(configuration.attack_shares).cumsum(0)
            drawn = torch.rand(len(batch), 1, generator=generator)
            kinds = (drawn > limits).sum(1).to(self._device)
            fit.attack(labels, configuration.attack(), kinds, strength, shares)
            fit.search(ATTACKED_UPDATES, STEP_SIZE)
        rate = configuration.discriminative_learning_rate * cosine(progress)
        fit.train(self._optimizers, self._gradients(fit.losses, labels), rate)
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
                "searched": self._searched,
                "epoch": self._epoch,
                "step": self._step,
                "order": self._order,
                "sums": self._sums,
                "decoders": [decoder.state_dict() for decoder in self.decoders],
                "moments": [moments_of(optimizer) for optimizer in self._optimizers],
                "latents": self._latents,
                "losses": self._losses,
            },
        )
        self._last_save = time.monotonic()

    def _restore(self) -> None:
        state = self._checkpoint.load(NAME)
        if state is None:
            return
        self._searched = state["searched"]
        self._epoch = state["epoch"]
        self._step = state["step"]
        self._order = state["order"].to(self._device)
        self._sums = state["sums"]
        self._latents = state["latents"].to(self._device)
        self._losses = state["losses"].to(self._device)
        for decoder, weights in zip(self.decoders, state["decoders"]):
            decoder.load_state_dict(weights)
        for optimizer, moments in zip(self._optimizers, state["moments"]):
            restore_moments(optimizer, moments)
