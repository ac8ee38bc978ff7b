"""The command line: `python3 -m abs_training COMMAND`."""

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Optional, Sequence

import torch

from abs_training import baseline_commands, curves, encoder
from abs_training.arguments import (
    add_class_name_arguments,
    add_data_arguments,
    chosen_class_names,
    class_name_words,
    not_negative,
    positive,
    several,
)
from abs_training.calibration import quality
from abs_training.configuration import Configuration
from abs_training.data import (
    DataError,
    read_data_set,
    read_split,
    to_unit_range,
)
from abs_training.inference import (
    PAPER_SAMPLES,
    PAPER_UPDATES,
    decode,
    paper_samples,
    search_all_classes,
)
from abs_training.layers import NAMED_SHAPES, Layer, LayerError, check_layers, read_layers
from abs_training.onnx_export import OnnxExportError
from abs_training.pipeline import Run
from abs_training.randomness import generator_for
from abs_training.threads import use_one_thread
from abs_training.weights_file import WeightsFileError, read_weights


def main(arguments: Sequence[str]) -> int:
    """Runs a command and returns the exit status: 0, or 1 after an error in the user's input."""
    options = _parser().parse_args(arguments)
    try:
        options.run(options)
    except (
        curves.CurvesError,
        DataError,
        LayerError,
        OnnxExportError,
        WeightsFileError,
    ) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python3 -m abs_training",
        description="Trains the decoders of an analysis-by-synthesis classifier.",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_train(commands.add_parser("train", help="train decoders and write a weights file"))
    _add_evaluate(commands.add_parser("evaluate", help="measure the accuracy of a weights file"))
    _add_decode(commands.add_parser("decode", help="print the images of given latents as JSON"))
    curves.add_arguments(commands.add_parser("curves", help="draw the curves of a run as SVG"))
    baseline_commands.add_train_arguments(
        commands.add_parser("baselines", help="train networks to compare with, as ONNX")
    )
    baseline_commands.add_evaluate_arguments(
        commands.add_parser("evaluate-baseline", help="measure such a network, also attacked")
    )
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_train)
    add_data_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="weights file")
    add_class_name_arguments(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--shape", choices=sorted(NAMED_SHAPES), default="paper")
    shape.add_argument("--layers", type=Path, metavar="FILE", help="layer list as JSON")
    parser.add_argument("--latents", type=int, default=16, help="2 to 32 (default 16)")
    parser.add_argument("--encoder", choices=encoder.KINDS, default="mlp")
    parser.add_argument("--seed", type=int, default=0)
    # Batch normalisation needs more than one image.
    parser.add_argument("--batch", type=several, default=32, help="images a step (default 32)")
    parser.add_argument("--learning-rate", type=float, default=3e-3, help="default 0.003")
    for stage, epochs in (
        ("pretraining", 2),
        ("vae", 45),
        ("autodecoder", 4),
        ("discriminative", 4),
    ):
        parser.add_argument(
            f"--{stage}-epochs",
            type=not_negative,
            default=epochs,
            metavar="N",
            help=f"default {epochs}",
        )
    parser.add_argument(
        "--augmented-share",
        type=float,
        default=0.7,
        metavar="SHARE",
        help="share of images distorted at each visit (default 0.7)",
    )
    parser.add_argument(
        "--prototypes", type=positive, default=100, metavar="N", help="a class (default 100)"
    )
    parser.add_argument(
        "--max-steps",
        type=positive,
        metavar="N",
        help="quick check: at most N steps a class and stage, one epoch each",
    )
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument(
        "--workers",
        type=positive,
        default=os.cpu_count() or 1,
        metavar="N",
        help="classes trained side by side (default: one a core); does not change the result",
    )
    parser.add_argument(
        "--run-directory",
        type=Path,
        metavar="DIR",
        help="where the run is saved as it goes; a run with the same settings and data continues "
        "from there (default: runs/ and the name of the weights file)",
    )


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_evaluate)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    add_data_arguments(parser)
    parser.add_argument("--split", choices=("validation", "test"), default="validation")
    parser.add_argument("--limit", type=positive, metavar="N", help="only the first N images")
    parser.add_argument(
        "--samples",
        type=not_negative,
        default=PAPER_SAMPLES,
        metavar="N",
        help=f"latents drawn from the prior to start from (default {PAPER_SAMPLES})",
    )
    parser.add_argument(
        "--prototypes", action="store_true", help="start from the file's prototypes as well"
    )
    parser.add_argument(
        "--steps",
        type=positive,
        default=PAPER_UPDATES + 1,
        metavar="N",
        help=f"passes over a latent, the last without an update (default {PAPER_UPDATES + 1})",
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="cpu", help="cpu (default) or cuda")
    parser.add_argument("--workers", type=positive, default=os.cpu_count() or 1, metavar="N")


def _add_decode(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_decode)
    parser.add_argument("--weights", type=Path, required=True, metavar="FILE")
    parser.add_argument(
        "--latents", type=Path, required=True, metavar="FILE", help="JSON: [[number, …], …]"
    )


def _layers(options: argparse.Namespace) -> list[Layer]:
    if options.layers is not None:
        return read_layers(options.layers, options.latents)
    return check_layers(NAMED_SHAPES[options.shape], options.latents)


def _train(options: argparse.Namespace) -> None:
    configuration = Configuration(
        layers=_layers(options),
        latents=options.latents,
        encoder=options.encoder,
        seed=options.seed,
        batch=options.batch,
        learning_rate=options.learning_rate,
        pretraining_epochs=options.pretraining_epochs,
        vae_epochs=options.vae_epochs,
        autodecoder_epochs=options.autodecoder_epochs,
        discriminative_epochs=options.discriminative_epochs,
        augmented_share=options.augmented_share,
        prototypes=options.prototypes,
        max_steps=options.max_steps,
        device=options.device,
    )
    data = read_data_set(options.data, options.classes, chosen_class_names(options))
    folder = options.run_directory or Path("runs") / options.out.stem
    run = Run(configuration, data, folder, options.workers)
    run.train(options.out, _command_line(options))


def _command_line(options: argparse.Namespace) -> str:
    """The command that repeats the run; folders of this machine are left out."""
    words = ["python3", "-m", "abs_training", "train", "--data", "DATA", "--out", options.out.name]
    if options.classes is not None:
        words += ["--classes", ",".join(str(label) for label in options.classes)]
    words += class_name_words(options)
    if options.layers is None:
        words += ["--shape", options.shape]
    else:
        words += ["--layers", options.layers.name]
    for name in (
        "latents",
        "encoder",
        "seed",
        "batch",
        "learning_rate",
        "pretraining_epochs",
        "vae_epochs",
        "autodecoder_epochs",
        "discriminative_epochs",
        "augmented_share",
        "prototypes",
        "max_steps",
        "device",
    ):
        value = getattr(options, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", str(value)]
    return shlex.join(words)


def _evaluate(options: argparse.Namespace) -> None:
    use_one_thread()
    weights = read_weights(options.weights)
    device = torch.device(options.device)
    images = read_split(options.data, options.split, options.classes, len(weights.class_names))
    images = images if options.limit is None else images.first(options.limit)
    samples = paper_samples(
        options.samples,
        weights.decoders[0].latents,
        generator_for(options.seed, "evaluation samples"),
    )
    starts = [samples] * len(weights.decoders)
    if options.prototypes and weights.prototypes is not None:
        starts = [torch.cat([own, samples]) for own in weights.prototypes]
    if len(starts[0]) == 0:
        raise DataError("there is no latent to start from: no samples and no prototypes")
    losses = search_all_classes(
        [decoder.to(device) for decoder in weights.decoders],
        to_unit_range(images.images.to(device)).flatten(1),
        [start.to(device) for start in starts],
        weights.prior,
        options.steps - 1,
        options.workers,
    ).cpu()
    print(f"{len(images)} {options.split} images: {quality(losses, images.labels)}")


def _decode(options: argparse.Namespace) -> None:
    weights = read_weights(options.weights)
    expected = weights.decoders[0].latents
    try:
        latents = torch.tensor(json.loads(options.latents.read_text("utf-8")))
    except (OSError, ValueError, TypeError) as error:
        raise DataError(f"{options.latents}: cannot be read: {error}") from error
    if latents.dim() != 2 or latents.shape[1] != expected:
        raise DataError(f"{options.latents}: must be a list of lists of {expected} numbers")
    images = [decode(decoder, latents.float()).tolist() for decoder in weights.decoders]
    print(json.dumps({"classes": weights.class_names, "images": images}))
