"""A whole training run: from a data set to the weights file."""

import hashlib
import json
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np
import torch

from abs_training.confidence.sets import MoreImages
from abs_training.decoders.budget import check_budget, check_values, values
from abs_training.decoders.layers import Decoder
from abs_training.decoders.vae import Vae
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.record import Record
from abs_training.foundation.threads import use_one_thread
from abs_training.images.data import DataSet, ImageSet
from abs_training.race.fit import TableSizes
from abs_training.stages.class_epochs import run_class_epochs
from abs_training.stages.configuration import Configuration
from abs_training.stages.discriminative_stage import DiscriminativeStage
from abs_training.stages.finish import finish, measure
from abs_training.stages.run import Run, Start
from abs_training.stages.vae_stage import VaeEpoch, start_vae


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


def start_run(
    configuration: Configuration,
    data: DataSet,
    folder: Path,
    workers: int,
    storage: str = "int8",
    race: Optional[TableSizes] = None,
    more: MoreImages = MoreImages(),
    start: Optional[Start] = None,
) -> Run:
    """A run that continues from what is saved in its folder.

    `workers` is the number of processes or threads; it does not change the result. `storage` names
    how the finished weights are stored (`quantization.STORAGES`), `race` gives the sizes of the
    race's tables; without it the weights have none. `more` are further images that the confidence is
    fitted to. All three come after training, so that another
    choice continues from the same saved stages. `start` is what the discriminative stage starts from in place of the
    autoencoders; `configuration.decoders` tells one choice from another.

    Raises LayerError for a model that is too large for the package's reader.
    """
    classes = len(data.class_names)
    model = configuration.layers, configuration.latents, classes, configuration.prototypes
    check_budget(*model)
    if race is not None:
        check_values(values(*model) + race.values(classes, configuration.latents))
    quick = configuration.max_steps is not None
    identity = fingerprint(configuration, data)
    checkpoint = Checkpoint(folder, identity)
    return Run(
        configuration,
        data.class_names,
        data.sha256,
        limit_images(data.training, configuration, classes),
        data.validation.first(configuration.batch) if quick else data.validation,
        folder,
        workers,
        storage,
        race,
        more,
        start,
        torch.device(configuration.device),
        configuration.assumptions(),
        identity,
        checkpoint,
        Record(checkpoint),
    )


def train(run: Run, out: Path, command: str) -> None:
    """Runs all stages of a run and writes the weights file and, next to it, the model card.

    `command` is the command line that repeats the run, for the record.
    """
    use_one_thread()
    images = [run.training.of_class(index).numpy() for index in range(len(run.class_names))]
    with run.record.timed("pretraining"):
        pretrained = _pretrain(run, images)
    with run.record.timed("autoencoders"):
        vae_weights = _train_vaes(run, images, pretrained)
    vaes = [_vae(run, weights) for weights in vae_weights]
    first = [vae.decoder.folded().to(run.device) for vae in vaes]
    measure(run, "autoencoders", first, vaes, command)
    start = Start(first, None) if run.start is None else run.start
    with run.record.timed("discriminative"):
        decoder_weights = DiscriminativeStage(
            run.configuration,
            run.assumptions,
            run.training,
            vaes,
            [decoder.state_dict() for decoder in start.decoders],
            None if start.prototypes is None else list(start.prototypes),
            run.workers,
            run.checkpoint,
            run.record,
        ).run()
    finish(run, out, [_decoder(run, weights) for weights in decoder_weights], vaes, command)


def _pretrain(run: Run, images: list[np.ndarray]) -> Optional[dict[str, Any]]:
    """Weights of an autoencoder of all classes, from which every class then starts."""
    epochs = run.configuration.epochs(run.configuration.pretraining_epochs)
    if epochs == 0:
        return None
    state = run_class_epochs(
        "pretraining",
        VaeEpoch(run.configuration, "pretraining", epochs),
        [np.concatenate(images)],
        lambda index: start_vae(run.configuration, "pretraining", None),
        epochs,
        1,
        run.checkpoint,
        lambda index, state: _record_objective(run, "pretraining", "all classes", state),
    )
    weights: dict[str, Any] = state[0]["model"]
    return weights


def _train_vaes(
    run: Run, images: list[np.ndarray], pretrained: Optional[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Weights of each class's autoencoder."""
    epochs = run.configuration.epochs(run.configuration.vae_epochs)
    states = run_class_epochs(
        "autoencoders",
        VaeEpoch(run.configuration, "autoencoders", epochs),
        images,
        lambda index: start_vae(run.configuration, str(index), pretrained),
        epochs,
        run.workers,
        run.checkpoint,
        lambda index, state: _record_objective(run, "autoencoders", run.class_names[index], state),
    )
    return [state["model"] for state in states]


def _record_objective(run: Run, stage: str, part: str, state: dict[str, Any]) -> None:
    """Adds an epoch's mean objective to the curves."""
    epoch, objective = int(state["epoch"]), float(state["objective"])
    run.record.add_point(stage, f"objective/{part}", epoch, objective)


def _vae(run: Run, weights: dict[str, Any]) -> Vae:
    configuration = run.configuration
    vae = Vae(configuration.layers, configuration.latents, configuration.encoder)
    vae.load_state_dict(weights)
    return vae.to(run.device).eval()


def _decoder(run: Run, weights: dict[str, Any]) -> Decoder:
    configuration = run.configuration
    decoder = Decoder(configuration.layers, configuration.latents, batch_norm=False)
    decoder.load_state_dict(weights)
    return decoder.to(run.device)
