"""A whole training run: from a data set to the weights file."""

import copy
import dataclasses
import hashlib
import json
import platform
from pathlib import Path
from typing import Any, Optional, Sequence

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.confidence.binary_variant import BinaryVariant, fit_binary_variant, scaled
from abs_training.confidence.calibration import calibrate, confidences, quality
from abs_training.confidence.fit import fit_confidence
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.sets import SetSizes
from abs_training.decoders.budget import check_budget, check_values, values
from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae, encode
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.foundation.record import Record
from abs_training.foundation.threads import use_one_thread
from abs_training.images.augmentation import binarised
from abs_training.images.data import DataSet, ImageSet, to_unit_range
from abs_training.race.fit import TableSizes, fit_tables
from abs_training.race.starts import RaceStarts
from abs_training.race.tables import RaceTables
from abs_training.race.tables import as_stored as tables_as_stored
from abs_training.search.inference import Prior, paper_samples, search_likely_classes
from abs_training.stages.class_epochs import run_class_epochs
from abs_training.stages.configuration import Configuration
from abs_training.stages.discriminative_stage import DiscriminativeStage
from abs_training.stages.prototypes import choose_prototypes
from abs_training.stages.vae_stage import VaeEpoch, start_vae
from abs_training.storage.quantization import STORAGES
from abs_training.storage.stored_decoders import as_stored, prototypes_as_stored
from abs_training.weights.model_card import write_model_card
from abs_training.weights.weights_file import Weights, write_weights

STAGE_VALIDATION_IMAGES = 2000
"""Validation images on which a stage is measured; the finished weights are measured on all."""

VALIDATION_SAMPLES = 1000
"""Latents drawn from the prior from which a search may start, besides others."""


def fingerprint(configuration: Configuration, data: DataSet) -> str:
    """Equal for runs that give equal weights."""
    text = json.dumps([configuration.fingerprint(), data.class_names, data.sha256])
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def limit_images(image_set: ImageSet, configuration: Configuration, classes: int) -> ImageSet:
    """The training images that are used: all of them, or few in a quick check."""
    kept = torch.zeros(len(image_set), dtype=torch.bool)
    for index in range(classes):
        positions = (image_set.labels == index).nonzero().flatten()
        kept[positions[: configuration.image_limit(len(positions))]] = True
    return ImageSet(image_set.images[kept], image_set.labels[kept])


class Run:
    """The stages of a run, each continuing from what is saved in the run's folder."""

    def __init__(
        self,
        configuration: Configuration,
        data: DataSet,
        folder: Path,
        workers: int,
        storage: str = "int8",
        race: Optional[TableSizes] = None,
    ) -> None:
        """`workers` is the number of processes or threads; it does not change the result.

        `storage` names how the finished weights are stored (`quantization.STORAGES`), `race` gives
        the sizes of the race's tables; without it the weights have none. Both come after training,
        so that another choice continues from the same saved stages.

        Raises LayerError for a model that is too large for the package's reader.
        """
        check_budget(
            configuration.layers,
            configuration.latents,
            len(data.class_names),
            configuration.prototypes,
        )
        if race is not None:
            classes = len(data.class_names)
            model = values(
                configuration.layers, configuration.latents, classes, configuration.prototypes
            )
            check_values(model + race.values(classes, configuration.latents))
        self._configuration = configuration
        self._class_names = data.class_names
        self._sha256 = data.sha256
        self._training = limit_images(data.training, configuration, len(data.class_names))
        quick = configuration.max_steps is not None
        self._validation = data.validation.first(configuration.batch) if quick else data.validation
        self._folder = folder
        self._workers = workers
        self._storage = storage
        self._race = race
        self._device = torch.device(configuration.device)
        self._prior = Prior()
        self._fingerprint = fingerprint(configuration, data)
        self._checkpoint = Checkpoint(folder, self._fingerprint)
        self._record = Record(self._checkpoint)
        self._images: list[np.ndarray] = [
            self._training.of_class(index).numpy() for index in range(len(data.class_names))
        ]

    def train(self, out: Path, command: str) -> None:
        """Runs all stages and writes the weights file and, next to it, the model card.

        `command` is the command line that repeats the run, for the record.
        """
        use_one_thread()
        with self._record.timed("pretraining"):
            pretrained = self._pretrain()
        with self._record.timed("autoencoders"):
            vae_weights = self._train_vaes(pretrained)
        vaes = [self._vae(weights) for weights in vae_weights]
        first = [vae.decoder.folded().to(self._device) for vae in vaes]
        self._measure("autoencoders", first, vaes, command)
        with self._record.timed("discriminative"):
            decoder_weights = DiscriminativeStage(
                self._configuration,
                self._prior,
                self._training,
                vaes,
                [decoder.state_dict() for decoder in first],
                self._workers,
                self._checkpoint,
                self._record,
            ).run()
        self._finish(out, [self._decoder(weights) for weights in decoder_weights], vaes, command)

    def _pretrain(self) -> Optional[dict[str, Any]]:
        """Weights of an autoencoder of all classes, from which every class then starts."""
        epochs = self._configuration.epochs(self._configuration.pretraining_epochs)
        if epochs == 0:
            return None
        state = run_class_epochs(
            "pretraining",
            VaeEpoch(self._configuration, "pretraining", epochs),
            [np.concatenate(self._images)],
            lambda index: start_vae(self._configuration, "pretraining", None),
            epochs,
            1,
            self._checkpoint,
            lambda index, state: self._record_objective("pretraining", "all classes", state),
        )
        weights: dict[str, Any] = state[0]["model"]
        return weights

    def _train_vaes(self, pretrained: Optional[dict[str, Any]]) -> list[dict[str, Any]]:
        """Weights of each class's autoencoder."""
        epochs = self._configuration.epochs(self._configuration.vae_epochs)
        states = run_class_epochs(
            "autoencoders",
            VaeEpoch(self._configuration, "autoencoders", epochs),
            self._images,
            lambda index: start_vae(self._configuration, str(index), pretrained),
            epochs,
            self._workers,
            self._checkpoint,
            lambda index, state: self._record_objective(
                "autoencoders", self._class_names[index], state
            ),
        )
        return [state["model"] for state in states]

    def _record_objective(self, stage: str, part: str, state: dict[str, Any]) -> None:
        """Adds an epoch's mean objective to the curves."""
        epoch, objective = int(state["epoch"]), float(state["objective"])
        self._record.add_point(stage, f"objective/{part}", epoch, objective)

    def _vae(self, weights: dict[str, Any]) -> Vae:
        configuration = self._configuration
        vae = Vae(configuration.layers, configuration.latents, configuration.encoder)
        vae.load_state_dict(weights)
        return vae.to(self._device).eval()

    def _decoder(self, weights: dict[str, Any]) -> Decoder:
        configuration = self._configuration
        decoder = Decoder(configuration.layers, configuration.latents, batch_norm=False)
        decoder.load_state_dict(weights)
        return decoder.to(self._device)

    def _samples(self) -> Tensor:
        """Latents drawn from the prior, `[n, latents]`."""
        configuration = self._configuration
        generator = generator_for(configuration.seed, "validation samples")
        count = VALIDATION_SAMPLES if configuration.max_steps is None else configuration.batch
        return paper_samples(count, configuration.latents, generator).to(self._device)

    def _prototype_images(self) -> ImageSet:
        """Images whose latents may become prototypes: in a quick check, few of each class."""
        quick = self._configuration.max_steps is not None
        # One batch would lack classes where there are many.
        return self._training.first_of_each_class(2) if quick else self._training

    def _measure(
        self, stage: str, decoders: Sequence[Decoder], vaes: Sequence[Vae], command: str
    ) -> None:
        """Measures a stage on validation images and writes its weights into the run's folder."""
        if self._record.figures_of(stage) is not None:
            return
        with self._record.timed("validation"):
            images = self._validation.first(STAGE_VALIDATION_IMAGES)
            values = to_unit_range(images.images.to(self._device))
            losses = search_likely_classes(
                decoders,
                values.flatten(1),
                [self._samples()] * len(decoders),
                self._prior,
                self._workers,
                [encode(vae, values) for vae in vaes],
            ).cpu()
        found = quality(losses, images.labels)
        tqdm.write(f"after {stage}: {found}, {len(images)} validation images")
        self._record.add_figures(stage, {"images": len(images), **found.as_json()})
        self._write(
            self._folder / f"after-{stage}.safetensors",
            decoders,
            losses,
            images.labels,
            command,
            "float32",
        )

    def _finish(
        self, out: Path, decoders: Sequence[Decoder], vaes: Sequence[Vae], command: str
    ) -> None:
        """Chooses prototypes, measures and calibrates on all validation images, and writes.

        All of that with the numbers as they are stored: what is measured is what ships.
        """
        storage = STORAGES[self._storage]
        decoders = as_stored(decoders, storage)
        with self._record.timed("prototypes"):
            prototypes = choose_prototypes(
                self._configuration.prototypes,
                self._prototype_images(),
                vaes,
                decoders,
                self._prior,
                self._configuration.seed,
                self._workers,
            )
            prototypes = prototypes_as_stored(prototypes, storage)
        with self._record.timed("validation"):
            starts = [torch.cat([own.to(self._device), self._samples()]) for own in prototypes]
            values = to_unit_range(self._validation.images.to(self._device))
            losses = search_likely_classes(
                decoders, values.flatten(1), starts, self._prior, self._workers
            ).cpu()
        labels = self._validation.labels
        found = quality(losses, labels)
        tqdm.write(f"finished: {found}, {len(labels)} validation images")
        self._record.add_figures("finished", {"images": len(labels), **found.as_json()})
        binary = self._binary_variant(decoders, starts)
        tables = None
        if self._race is not None:
            with self._record.timed("race"):
                tables = self._fit_race(self._race, decoders, prototypes)
        with self._record.timed("confidence"):
            calibrated = self._fit_confidence(decoders, prototypes, tables)
        weights = self._write(
            out,
            decoders,
            losses,
            labels,
            command,
            self._storage,
            prototypes=prototypes,
            binary_variant=binary,
            race=tables,
            calibrated=calibrated,
        )
        write_model_card(out.with_suffix(".md"), out, weights)

    def _binary_variant(
        self, decoders: Sequence[Decoder], starts: Sequence[Tensor]
    ) -> BinaryVariant:
        """Fits the variant for black-and-white images to all validation images."""
        labels = self._validation.labels
        with self._record.timed("binary variant"):
            values = binarised(to_unit_range(self._validation.images.to(self._device)))
            losses = search_likely_classes(
                decoders, values.flatten(1), starts, self._prior, self._workers
            ).cpu()
            variant = fit_binary_variant(losses, labels)
        found = quality(scaled(losses, variant.class_scales), labels)
        tqdm.write(f"binary-abs: {found}, {len(labels)} validation images")
        self._record.add_figures("binary-abs", {"images": len(labels), **found.as_json()})
        return variant

    def _fit_race(
        self, sizes: TableSizes, decoders: Sequence[Decoder], prototypes: Tensor
    ) -> RaceTables:
        """The tables of the race, as stored, fitted on the CPU."""
        configuration = self._configuration
        if configuration.max_steps is not None:
            sizes = sizes.limited(configuration.max_steps, configuration.batch)
        settings = [self._fingerprint, self._storage, dataclasses.asdict(sizes)]
        tables = fit_tables(
            [copy.deepcopy(decoder).cpu() for decoder in decoders],
            list(prototypes),
            self._prior,
            self._training,
            sizes,
            configuration.seed,
            self._workers,
            Checkpoint(self._folder, json.dumps(settings, sort_keys=True)),
        )
        return tables_as_stored(tables)

    def _fit_confidence(
        self, decoders: Sequence[Decoder], prototypes: Tensor, tables: Optional[RaceTables]
    ) -> CalibratedConfidence:
        """The calibrated confidence, fitted as the classifier searches.

        That is from where the race starts or, without its tables, from the prototypes.
        """
        classes, latents = len(decoders), self._configuration.latents
        race = None if tables is None else RaceStarts(tables, classes, latents, self._prior)
        quick = self._configuration.max_steps is not None
        few = self._configuration.batch
        return fit_confidence(
            decoders,
            [own.to(self._device) for own in prototypes],
            self._prior,
            self._validation,
            self._class_names,
            SetSizes(few, few, few, few) if quick else SetSizes(),
            self._configuration.seed,
            self._workers,
            race,
        )

    def _write(
        self,
        path: Path,
        decoders: Sequence[Decoder],
        losses: Tensor,
        labels: Tensor,
        command: str,
        storage: str,
        prototypes: Optional[Tensor] = None,
        binary_variant: Optional[BinaryVariant] = None,
        race: Optional[RaceTables] = None,
        calibrated: Optional[CalibratedConfidence] = None,
    ) -> Weights:
        """Writes a weights file, the paper's confidence fitted to losses `[n, classes]`."""
        record = self._record
        calibration = calibrate(losses, labels)
        clean = confidences(losses, calibration.scale, calibration.floor)
        weights = Weights(
            class_names=self._class_names,
            decoders=list(decoders),
            prior=self._prior,
            calibration=calibration,
            prototypes=prototypes,
            training={
                "command": command,
                "configuration": self._configuration.as_json(),
                "seed": self._configuration.seed,
                "images": {"training": len(self._training), "validation": len(self._validation)},
                "versions": {
                    "python": platform.python_version(),
                    "torch": str(torch.__version__),
                    "numpy": str(np.__version__),
                },
                "seconds": record.seconds,
                "validation": record.validation,
                "storage": storage,
                "accepted_share": float((clean >= calibration.reject_below).double().mean()),
            },
            data_sha256=self._sha256,
            binary_variant=binary_variant,
            calibrated=calibrated,
            race=race,
            storage=STORAGES[storage],
        )
        write_weights(path, weights)
        return weights
