"""What the calibrated confidence looks at: features of an image and its redrawing, and penalties that grow without bound.

This is the readable reference; `assembly/inference/evidence.ts` does the same.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from abs_training.confidence.redrawing import Redrawings
from abs_training.images.data import SIDE

FEATURES = (
    "correlation",
    "log_unexplained",
    "whiteness",
    "smoothness",
    "error_share",
    "log_blurred_error",
    "log_error",
    "margin",
    "log_margin",
    "latent",
    "brightness",
    "largest_error",
    "contrast",
    "missing_share",
    "log_blurred_image",
    "gain",
    "offset",
    "class_margins",
    "image_map",
    "error_map",
)
"""What the gate looks at, in order; margins stand for one feature of each class, maps for one of each block."""

SINGLE_FEATURES = 17
"""How many have one place. A file has these alone where its gate does not look at the margins of each class."""

BLOCK_SIDE = 4
BLOCK_COUNT = 49

FIRST_FEATURES = 15
"""How many a weights file of version 2 has: its redrawings have neither gain nor offset."""

PENALTIES = ("blurred_error", "error", "latent")
"""What the gate's logit falls with, without bound."""

KNOWN_FEATURES = (len(FEATURES), SINGLE_FEATURES + 1, SINGLE_FEATURES, FIRST_FEATURES)
"""How many of the features a file may have: all, no maps, no margins of each class either, what version 2 had."""

# format/confidence-features.ts tells where these numbers come from; a test compares both files.
SMALL = 1e-6
"""Keeps quotients of nothing by nothing, as of an empty image, at nothing."""

UNEXPLAINED_FLOOR = 0.001
LOG_SQUARES_UNIT = 5.0
MARGIN_FLOOR = 0.003
MOST_CONTRAST = 2.0
BLURRED_ERROR_UNIT = 10.0
ERROR_UNIT = 100.0
LATENT_UNIT = 10.0


@dataclass(frozen=True)
class Evidence:
    """What the confidence needs to know of `n` searched images, in double precision."""

    losses: Tensor
    """`[n, classes]`."""
    errors: Tensor
    """E = ‖x − G‖² of the winner, `[n]`."""
    features: Tensor
    """`[n, features]`, the margins of all classes and the maps of all blocks among them."""
    penalties: Tensor
    """`[n, penalties]`."""

    def __len__(self) -> int:
        return len(self.errors)

    def part(self, start: int, end: int) -> "Evidence":
        """That of the images from `start` to `end`, without it."""
        return Evidence(
            self.losses[start:end],
            self.errors[start:end],
            self.features[start:end],
            self.penalties[start:end],
        )

    @property
    def labels(self) -> Tensor:
        """The class of lowest loss, `[n]`."""
        return self.losses.argmin(1)


def joined(parts: "list[Evidence]") -> Evidence:
    """The evidence of several sets of images, in order."""
    return Evidence(
        torch.cat([part.losses for part in parts]),
        torch.cat([part.errors for part in parts]),
        torch.cat([part.features for part in parts]),
        torch.cat([part.penalties for part in parts]),
    )


def feature_count(classes: int, names: int = len(FEATURES)) -> int:
    """How many numbers the first `names` features are, of so many classes."""
    maps = max(0, names - SINGLE_FEATURES - 1)
    return min(names, SINGLE_FEATURES) + classes * (names > SINGLE_FEATURES) + BLOCK_COUNT * maps


def block_means(images: Tensor) -> Tensor:
    """Means of images `[n, 784]` over blocks of 4×4 pixels, `[n, 49]`, row by row."""
    pixels = images.reshape(-1, 1, SIDE, SIDE)
    return functional.avg_pool2d(pixels, BLOCK_SIDE).flatten(1)


def box_blur(images: Tensor) -> Tensor:
    """Mean of each pixel `[n, 784]` and its eight neighbours; outside the image is zero."""
    pixels = images.reshape(-1, 1, SIDE, SIDE)
    return functional.avg_pool2d(pixels, 3, 1, 1, count_include_pad=True).flatten(1)


def evidence_of(found: Redrawings) -> Evidence:
    """Features of the winners' reconstructions.

    Much is measured after a 3×3 box blur S: white noise keeps a ninth of its energy under S, a missing
    or superfluous stroke keeps most of it.
    """
    images, reconstructions = found.images.double(), found.reconstructions.double()
    residuals = images - reconstructions
    error = residuals.square().sum(1)
    blurred_image, blurred_residual = box_blur(images), box_blur(residuals)
    twice_blurred = box_blur(blurred_residual)
    blurred_error = blurred_residual.square().sum(1)
    image_energy = blurred_image.square().sum(1)

    image = _centred(blurred_image)
    redrawn = _centred(blurred_image - blurred_residual)
    residual = _centred(blurred_residual)
    image_variance, redrawn_variance = image.square().sum(1), redrawn.square().sum(1)
    shared = (image * redrawn).sum(1)
    correlation = shared / (image_variance * redrawn_variance + SMALL).sqrt()
    # 1 − ρ² by Lagrange's identity, which keeps its digits where ρ is close to 1.
    product = (image * residual).sum(1)
    difference = image_variance * residual.square().sum(1) - product.square()
    unexplained = (difference / (image_variance * redrawn_variance + SMALL)).clamp(0, 1)

    losses = found.losses.double()
    lowest = losses.topk(2, dim=1, largest=False).values
    margin = (lowest[:, 1] - lowest[:, 0]) / (lowest.sum(1) + SMALL)
    least = lowest[:, :1]
    class_margins = torch.log((losses - least) / (losses + least + SMALL) + MARGIN_FLOOR)
    latent = 0.5 * found.latents.double().square().sum(1)
    features = {
        "correlation": correlation,
        "log_unexplained": torch.log(unexplained + UNEXPLAINED_FLOOR),
        "whiteness": blurred_error / (error + SMALL),
        "smoothness": twice_blurred.square().sum(1) / (blurred_error + SMALL),
        "error_share": blurred_error / (blurred_error + image_energy + SMALL),
        "log_blurred_error": torch.log1p(blurred_error),
        "log_error": torch.log1p(error / LOG_SQUARES_UNIT),
        "margin": margin,
        "log_margin": torch.log(margin + MARGIN_FLOOR),
        "latent": latent,
        "brightness": images.mean(1),
        "largest_error": twice_blurred.abs().max(1).values,
        "contrast": (shared / (redrawn_variance + SMALL)).clamp_max(MOST_CONTRAST),
        "missing_share": blurred_residual.clamp_min(0).square().sum(1) / (blurred_error + SMALL),
        "log_blurred_image": torch.log1p(image_energy / LOG_SQUARES_UNIT),
        "gain": found.gains.double(),
        "offset": found.offsets.double(),
    }
    penalties = {
        "blurred_error": blurred_error / BLURRED_ERROR_UNIT,
        "error": error / ERROR_UNIT,
        "latent": latent / LATENT_UNIT,
    }
    singles = torch.stack([features[name] for name in FEATURES[:SINGLE_FEATURES]], dim=1)
    maps = [block_means(images), block_means(residuals)]
    return Evidence(
        losses,
        error,
        torch.cat([singles, class_margins, *maps], dim=1),
        torch.stack([penalties[name] for name in PENALTIES], dim=1),
    )


def _centred(values: Tensor) -> Tensor:
    return values - values.mean(1, keepdim=True)
