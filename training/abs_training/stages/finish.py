"""What makes weights of trained decoders: measured, stored, with all that a weights file brings besides them."""

import copy
import dataclasses
import json
import platform
from pathlib import Path
from typing import Optional, Sequence

import numpy as np
import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.confidence.binary_variant import BinaryVariant, fit_binary_variant, scaled
from abs_training.confidence.calibration import calibrate, confidences, quality
from abs_training.confidence.fit import fit_confidence
from abs_training.confidence.gate_fit import GateSettings
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.sets import TO_BE_SEARCHED, SetSizes
from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae, encode
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.images.augmentation import binarised
from abs_training.images.data import ImageSet, to_unit_range
from abs_training.race.fit import TableSizes, fit_tables
from abs_training.race.starts import RaceStarts
from abs_training.race.tables import RaceTables
from abs_training.race.tables import as_stored as tables_as_stored
from abs_training.search.inference import search_likely_classes
from abs_training.stages.prototypes import choose_prototypes
from abs_training.stages.run import Run
from abs_training.storage.quantization import STORAGES
from abs_training.storage.stored_decoders import as_stored, prototypes_as_stored
from abs_training.weights.model_card import write_model_card
from abs_training.weights.weights_file import Weights, write_weights

QUICK_IMAGES = 10
"""Images of each kind to which a quick check fits the confidence."""

STAGE_VALIDATION_IMAGES = 2000
"""Validation images on which a stage is measured; the finished weights are measured on all."""


def measure(
    run: Run, stage: str, decoders: Sequence[Decoder], vaes: Sequence[Vae], command: str
) -> None:
    """Measures a stage on validation images and writes its weights into the run's folder."""
    if run.record.figures_of(stage) is not None:
        return
    with run.record.timed("validation"):
        images = run.validation.first(STAGE_VALIDATION_IMAGES)
        values = run.assumptions.seen(to_unit_range(images.images.to(run.device)))
        losses = search_likely_classes(
            decoders,
            values.flatten(1),
            [run.samples()] * len(decoders),
            run.assumptions,
            run.workers,
            [encode(vae, values) for vae in vaes],
        ).cpu()
    found = quality(losses, images.labels)
    tqdm.write(f"after {stage}: {found}, {len(images)} validation images")
    run.record.add_figures(stage, {"images": len(images), **found.as_json()})
    _write(
        run,
        run.folder / f"after-{stage}.safetensors",
        decoders,
        losses,
        images.labels,
        command,
        "float32",
    )


def finish(
    run: Run, out: Path, decoders: Sequence[Decoder], vaes: Sequence[Vae], command: str
) -> None:
    """Chooses prototypes, measures and calibrates on all validation images, and writes.

    All of that with the numbers as they are stored: what is measured is what ships.
    """
    storage = STORAGES[run.storage]
    decoders = as_stored(decoders, storage)
    with run.record.timed("prototypes"):
        prototypes = choose_prototypes(
            run.configuration.prototypes,
            _prototype_images(run),
            vaes,
            decoders,
            run.assumptions,
            run.configuration.seed,
            run.workers,
        )
        prototypes = prototypes_as_stored(prototypes, storage)
    with run.record.timed("validation"):
        starts = [torch.cat([own.to(run.device), run.samples()]) for own in prototypes]
        values = run.assumptions.seen(to_unit_range(run.validation.images.to(run.device)))
        losses = search_likely_classes(
            decoders, values.flatten(1), starts, run.assumptions, run.workers
        ).cpu()
    labels = run.validation.labels
    found = quality(losses, labels)
    tqdm.write(f"finished: {found}, {len(labels)} validation images")
    run.record.add_figures("finished", {"images": len(labels), **found.as_json()})
    binary = _binary_variant(run, decoders, starts)
    tables = None
    if run.race is not None:
        with run.record.timed("race"):
            tables = _fit_race(run, run.race, decoders, prototypes)
    with run.record.timed("confidence"):
        calibrated = _fit_confidence(run, decoders, prototypes, tables)
    weights = _write(
        run,
        out,
        decoders,
        losses,
        labels,
        command,
        run.storage,
        prototypes=prototypes,
        binary_variant=binary,
        race=tables,
        calibrated=calibrated,
    )
    write_model_card(out.with_suffix(".md"), out, weights)


def _prototype_images(run: Run) -> ImageSet:
    """Images whose latents may become prototypes: in a quick check, few of each class."""
    quick = run.configuration.max_steps is not None
    # One batch would lack classes where there are many.
    return run.training.first_of_each_class(2) if quick else run.training


def _binary_variant(
    run: Run, decoders: Sequence[Decoder], starts: Sequence[Tensor]
) -> BinaryVariant:
    """Fits the variant for black-and-white images to all validation images."""
    labels = run.validation.labels
    with run.record.timed("binary variant"):
        values = binarised(to_unit_range(run.validation.images.to(run.device)))
        losses = search_likely_classes(
            decoders, values.flatten(1), starts, run.assumptions, run.workers
        ).cpu()
        variant = fit_binary_variant(losses, labels)
    found = quality(scaled(losses, variant.class_scales), labels)
    tqdm.write(f"binary-abs: {found}, {len(labels)} validation images")
    run.record.add_figures("binary-abs", {"images": len(labels), **found.as_json()})
    return variant


def _fit_race(
    run: Run, sizes: TableSizes, decoders: Sequence[Decoder], prototypes: Tensor
) -> RaceTables:
    """The tables of the race, as stored, fitted on the CPU."""
    configuration = run.configuration
    if configuration.max_steps is not None:
        sizes = sizes.limited(configuration.max_steps, configuration.batch)
    settings = [run.fingerprint, run.storage, dataclasses.asdict(sizes)]
    tables = fit_tables(
        [copy.deepcopy(decoder).cpu() for decoder in decoders],
        list(prototypes),
        run.assumptions,
        run.training,
        sizes,
        configuration.seed,
        run.workers,
        Checkpoint(run.folder, json.dumps(settings, sort_keys=True)),
    )
    return tables_as_stored(tables)


def _fit_confidence(
    run: Run, decoders: Sequence[Decoder], prototypes: Tensor, tables: Optional[RaceTables]
) -> CalibratedConfidence:
    """The calibrated confidence, fitted as the classifier searches.

    That is from where the race starts or, without its tables, from the prototypes.
    """
    classes, latents = len(decoders), run.configuration.latents
    race = None if tables is None else RaceStarts(tables, classes, latents, run.assumptions)
    settings, sizes = GateSettings(), TO_BE_SEARCHED
    if run.configuration.max_steps is not None:
        settings = settings.limited(run.configuration.max_steps)
        sizes = SetSizes.of_each(QUICK_IMAGES)
    return fit_confidence(
        decoders,
        [own.to(run.device) for own in prototypes],
        run.assumptions,
        run.training,
        run.validation,
        run.class_names,
        sizes,
        run.configuration.seed,
        run.workers,
        race,
        run.more,
        settings,
    )


def _write(
    run: Run,
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
    record = run.record
    calibration = calibrate(losses, labels)
    clean = confidences(losses, calibration.scale, calibration.floor)
    weights = Weights(
        class_names=run.class_names,
        decoders=list(decoders),
        assumptions=run.assumptions,
        calibration=calibration,
        prototypes=prototypes,
        training={
            "command": command,
            "configuration": run.configuration.as_json(),
            "seed": run.configuration.seed,
            "images": {"training": len(run.training), "validation": len(run.validation)},
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
        data_sha256=run.sha256,
        binary_variant=binary_variant,
        calibrated=calibrated,
        race=race,
        storage=STORAGES[storage],
    )
    write_weights(path, weights)
    return weights
