"""The model card: what a weights file is, how it was made and how good it is."""

import gzip
import math
from pathlib import Path
from typing import Any, Mapping

from abs_training.decoders.layers import Layer
from abs_training.foundation.checkpoint import write_atomically
from abs_training.storage.quantization import STORAGES, Element
from abs_training.weights.weights_file import Weights, read_weights

STAGE_TITLES = {
    "autoencoders": "autoencoders",
    "discriminative": "decoders trained against their rivals",
    "finished": "finished weights",
    "binary-abs": "finished weights, variant `binary-abs`",
}


HAND_WRITTEN = "\n## Compared\n"
"""From this heading on a card is people's own: the trainer leaves it as it finds it."""


def write_model_card(path: Path, weights_path: Path, weights: Weights) -> None:
    """Writes the card of a weights file that has just been written, above what people added to an earlier one."""
    earlier = path.read_text("utf-8") if path.exists() else ""
    _, heading, by_hand = earlier.partition(HAND_WRITTEN)
    printed = model_card(weights_path, weights)
    write_atomically(path, (printed + heading + by_hand).encode("utf-8"))


def model_card(weights_path: Path, weights: Weights) -> str:
    """What a weights file tells of itself."""
    content = weights_path.read_bytes()
    training = weights.training
    settings = training["configuration"]
    decoder = weights.decoders[0]
    classes = len(weights.class_names)
    parameters = decoder.parameter_count()
    prototypes = 0 if weights.prototypes is None else weights.prototypes.shape[1]
    seconds = training["seconds"]
    calibration = weights.calibration
    lines = [
        f"# {weights_path.stem}",
        "",
        "Weights of an analysis-by-synthesis classifier (Schott, Rauber, Bethge, Brendel,",
        "arXiv:1805.09190): one decoder per class. An image gets the class whose decoder can rebuild",
        "it with the lowest loss. The file's format is described in `docs/weights-format.md`.",
        "",
        "## Model",
        "",
        f"- {classes} classes: {', '.join(weights.class_names)}",
        f"- {decoder.latents} latents per class",
        f"- decoder: {', '.join(describe(layer) for layer in decoder.layers)}",
        f"- {parameters:,} parameters per class, {parameters * classes:,} in all",
        f"- {prototypes} starting latents (prototypes) per class",
        *describe_race(weights),
        f"- stored as {training['storage']}: {describe_storage(training['storage'])}",
        f"- {len(content):,} bytes; {len(gzip.compress(content, 9, mtime=0)):,} with gzip",
        "",
        "## Data",
        "",
        f"{training['images']['training']:,} training and {training['images']['validation']:,} "
        "validation images of 28×28 pixels; the validation images are",
        "the last twelfth of the training file. No test image was used. SHA-256 of the files,",
        "uncompressed:",
        "",
        *(f"- `{name}`: `{digest}`" for name, digest in sorted(weights.data_sha256.items())),
        "",
        "## Recipe",
        "",
        "```sh",
        training["command"],
        "```",
        "",
        *(f"{number}. {step}" for number, step in enumerate(describe_stages(weights), 1)),
        "",
        *describe_last_steps(weights),
        *describe_distortion(settings),
        f"Seed {training['seed']}; Python",
        f"{training['versions']['python']}, torch {training['versions']['torch']}, numpy "
        f"{training['versions']['numpy']}, {settings['device']}. "
        f"{sum(seconds.values()):.0f} seconds in all: "
        + ", ".join(f"{stage} {spent:.0f}" for stage, spent in seconds.items() if spent >= 0.5)
        + ".",
        "",
        "## Validation",
        "",
        "| after | images | accuracy | cross-entropy | median margin |",
        "| --- | --- | --- | --- | --- |",
        *(
            f"| {STAGE_TITLES[stage]} | {figures['images']} | {100 * figures['accuracy']:.2f} % | "
            f"{figures['cross_entropy']:.4f} | {figures['margin']:.2f} |"
            for stage, figures in training["validation"].items()
            if stage != "autoencoders" or settings["vae_epochs"] > 0
        ),
        "",
        "Cross-entropy is that of softmax(−scale·loss) at the best scale; the margin is the",
        "runner-up's loss minus the winner's, times 784. The finished weights are searched from the",
        "prototypes and 1000 samples of the prior, the likeliest three classes for 49 updates. The",
        "paper's own inference (8000 samples, 50 passes over every class) is measured by",
        "",
        "```sh",
        f"python3 -m abs_training evaluate --weights {weights_path.name} --data DATA "
        "--split validation",
        "```",
        "",
        *describe_calibrated(weights),
        f"The paper's confidence: scale {calibration.scale}, floor {calibration.floor}; images "
        f"below {calibration.reject_below} are rejected.",
        "On the validation images its median is 0.9, and "
        f"{100 * training['accepted_share']:.2f} % are not rejected.",
        "",
        *describe_binary_variant(weights),
        "## Intended use and limits",
        "",
        "For single centred images of the classes above, light ink on a dark background, 28×28",
        "pixels with values in 0..1, prepared as in the training data. Meant for research and",
        "teaching about generative classifiers and robustness, and for small demonstrations; not for",
        "decisions that harm someone when they are wrong. Images of anything else may be rejected",
        "for their low confidence, but not all are. Shifts of several pixels, rotation and strong",
        "noise lower the accuracy. The choice of settings was made on validation images.",
        "",
    ]
    return "\n".join(lines)


def describe_stages(weights: Weights) -> "list[str]":
    """What each stage of the training did; those of no epoch are left out."""
    settings = weights.training["configuration"]
    files = (settings.get("decoders") or "").split()
    named = " and ".join(f"`{sha256[:12]}…`" for sha256 in files)
    start = f", from those of the weights file {named} on" if len(files) == 1 else ""
    tables = "" if weights.race is None else " and the tables of the race"
    stages = []
    if settings["pretraining_epochs"] > 0:
        stages.append(
            f"{settings['pretraining_epochs']} epochs of one variational autoencoder over all "
            "classes, from which every class starts."
        )
    if settings["vae_epochs"] > 0:
        stages.append(
            f"{settings['vae_epochs']} epochs of one variational autoencoder per class "
            f"({settings['encoder']} encoder, batches of {settings['batch']}, learning rate "
            f"{settings['learning_rate']}\n"
            "   falling to 0, weight of the KL divergence rising from 0.3 to 1). Batch normalisation is\n"
            "   then folded into the weights."
        )
    if len(files) > 1:
        stages.append(f"The mean of the decoders of the weights files {named}.")
    elif files and settings["discriminative_epochs"] == 0:
        stages.append(f"The decoders of the weights file {named}.")
    if settings["discriminative_epochs"] > 0:
        visits, averaged = settings.get("hard_visits", 1), settings.get("averaged_share", 0)
        rate = (
            "falling to 0"
            if averaged == 0
            else f"throughout, the mean over the last {averaged:g} of the steps"
        )
        hard = "" if visits == 1 else f" each that is wrong or nearly so is visited {visits} times;"
        stages.append(
            f"{settings['discriminative_epochs']} epochs of all decoders together{start} (learning rate "
            f"{settings['discriminative_learning_rate']} {rate}): cross-entropy of an\n"
            "   image's own class against its two best rivals, the image moved by up to "
            f"{settings['attack_radius']:g} (L2) towards the better\n"
            f"   rival, falling to {100 * settings['attack_left']:.0f} % of that, plus "
            f"{settings['own_loss_weight']:g} times the own class's loss. Of the images with a wide\n"
            f"   margin, a quarter is visited;{hard} {100 * settings['binarised_share']:.0f} % are made black "
            f"and white. Before each epoch {100 * settings['searched_share']:.0f} % are searched again\n"
            "   under all classes."
        )
    stages.append(
        f"Rounding to the stored numbers, then prototypes{tables} on training\n"
        "   images, and the variant `binary-abs` and the confidence on validation images."
    )
    return stages


def describe_distortion(settings: Mapping[str, Any]) -> "list[str]":
    """How training images were changed at each visit; no lines where none was visited."""
    epochs = ("pretraining_epochs", "vae_epochs", "discriminative_epochs")
    if not any(settings[name] > 0 for name in epochs):
        return []
    share = 100 * settings["augmented_share"]
    return [
        f"{share:.0f} % of the images are slightly distorted at each visit (affine and elastic)."
    ]


def update_model_card(weights_path: Path) -> None:
    """Writes the card next to a weights file again, if there is one."""
    path = weights_path.with_suffix(".md")
    if path.exists():
        write_model_card(path, weights_path, read_weights(weights_path))


def describe_race(weights: Weights) -> list[str]:
    """What the file brings for the default inference; no lines where it brings nothing."""
    if weights.race is None:
        return []
    tensors = weights.race.tensors
    count = sum(tensor.numel() for tensor in tensors.values())
    hidden = tensors["race.surrogates.first.bias"].shape[1]
    lines = [
        f"- tables of the race: {count:,} numbers, with {tensors['race.basis'].shape[2]} "
        f"coefficients and {hidden} units in each layer of a surrogate"
    ]
    # What `train` fits by itself is part of its own command.
    fitted = weights.training.get("race")
    if fitted is not None:
        lines[-1] += "; fitted by"
        lines += [f"  `{fitted['command']}`, {fitted['seconds']:.0f} seconds"]
    return lines


LAST_STEPS = {
    "views": "the views of an image that the race tries were named",
    "confidence": "the confidence was fitted to what the race finds",
}
"""The commands that change a finished file, in the order in which they are run, and what each did."""


def describe_last_steps(weights: Weights) -> list[str]:
    """What was done to the file after it was trained, with the commands; no lines where nothing was."""
    steps = [
        (LAST_STEPS[name], weights.training[name]["command"])
        for name in LAST_STEPS
        if name in weights.training
    ]
    if not steps:
        return []
    return [
        f"Afterwards {', and '.join(said for said, _ in steps)}",
        "(`training/README.md`):",
        "",
        "```sh",
        *(command for _, command in steps),
        "```",
        "",
    ]


def describe_storage(name: str) -> str:
    """The element types of a storage in a few words."""

    def describe_element(element: Element) -> str:
        if element.dtype != "I8":
            return {"F32": "32-bit floats", "F16": "16-bit floats"}[element.dtype]
        level = element.largest_level
        return f"whole numbers from −{level} to {level} with a scale per channel"

    storage = STORAGES[name]
    return (
        f"weights as {describe_element(storage.weights)}, biases as "
        f"{describe_element(storage.biases)}, prototypes as {describe_element(storage.prototypes)}"
    )


def describe_calibrated(weights: Weights) -> list[str]:
    """Lines about the fitted confidence, none without it."""
    calibrated = weights.calibrated
    if calibrated is None:
        return []
    rejected = f"images below {calibrated.reject_below:g} are rejected"
    if math.isfinite(calibrated.reject_logit_below):
        rejected += f", and those whose gate's logit is below {calibrated.reject_logit_below:g}"
    return [
        "The calibrated confidence was fitted to images of the data, clean, corrupted and in uneven",
        f"light, and to synthetic junk (`training/README.md`); {rejected}.",
        "",
    ]


def describe_binary_variant(weights: Weights) -> list[str]:
    """Lines about the variant for black-and-white images, none without it."""
    variant = weights.binary_variant
    if variant is None:
        return []
    calibration = variant.calibration
    scales = zip(weights.class_names, variant.class_scales)
    return [
        f"Variant `binary-abs`: pixels from {variant.threshold} on are 1, all others 0, and the "
        "losses are multiplied by",
        f"{', '.join(f'{scale} ({name})' for name, scale in scales)}. Its",
        f"confidence: scale {calibration.scale}, floor {calibration.floor}; images below "
        f"{calibration.reject_below} are rejected.",
        "The class scales and the confidence were fitted to the validation images in the table.",
        "",
    ]


def describe(layer: Layer) -> str:
    """A layer in a few words."""
    kind = layer["kind"]
    if kind == "dense":
        return f"dense {layer['channels']}×{layer['height']}×{layer['width']}"
    if kind == "transposed_convolution":
        kernel, stride = layer["kernel"], layer["stride"]
        return f"transposed convolution {layer['channels']}@{kernel}×{kernel} stride {stride}"
    if kind == "pixel_shuffle_convolution":
        return f"3×3 convolution with pixel shuffle to {layer['channels']} channels"
    return str(kind)
