"""The calibrated confidence: how likely an image shows one of the classes and the label is right.

p = g · softmax(−scale · 784 · loss / (1 + E/widening)) + (1 − g) / classes,

where E is the squared error of the winner's reconstruction (noise widens the likelihood), and the gate
g is how likely the image belongs to the data at all: a small network of features of that reconstruction,
less penalties that grow without bound,

logit g = bias + Σ_j w_j tanh(b_j + ⟨W_j, (features − centres) / spreads⟩) − ⟨penalties, penalty features⟩.

Far from the data p is uniform, whatever the other parameters: a tanh is at most 1, so the logit is at most
bias + Σ|w_j| − penalty · ‖S r‖², which falls without bound as the blurred residual S r grows; then g → 0.

This is the readable reference; `assembly/inference/evidence.ts` and `confidence.ts` do the same.
"""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Mapping, Optional, Sequence

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from abs_training.confidence.redrawing import Redrawings
from abs_training.foundation.limits import MOST_CLASSES
from abs_training.images.data import PIXELS, SIDE, DataError
from abs_training.storage.six_bits import as_text, from_text

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


def rows_from_file(path: Path, columns: int) -> Tensor:
    """So many 64-bit floats for each image, `[n, columns]`; raises DataError for a file that is missing or of other rows."""
    if not path.is_file():
        raise DataError(f"{path} is missing: bench/confidence-evidence.ts writes it")
    values = torch.from_numpy(np.fromfile(path, dtype="<f8"))
    if len(values) % columns != 0:
        raise DataError(f"{path}: {len(values)} numbers are not {columns} for each image")
    return values.reshape(-1, columns)


def evidence_from_file(path: Path, classes: int) -> Evidence:
    """What the module found for a set of images, as `bench/confidence-evidence.ts` writes it.

    Raises DataError for a file that has not so many numbers for each image.
    """
    columns = [classes, feature_count(classes), len(PENALTIES)]
    losses, found, of_penalties = rows_from_file(path, sum(columns)).split(columns, 1)
    errors = ERROR_UNIT * of_penalties[:, PENALTIES.index("error")]
    return Evidence(losses, errors, found, of_penalties)


def _centred(values: Tensor) -> Tensor:
    return values - values.mean(1, keepdim=True)


@dataclass(frozen=True)
class CalibratedConfidence:
    """Parameters of the calibrated confidence."""

    scale: float
    widening: float
    centres: Tensor
    """`[features]`, of the first of the evidence's features or of all."""
    spreads: Tensor
    """`[features]`, positive."""
    hidden_weights: Tensor
    """`[units, features]`; where `hidden_scales` are given, whole multiples of these."""
    hidden_biases: Tensor
    """`[units]`."""
    output_weights: Tensor
    """`[units]`."""
    output_bias: float
    penalties: Tensor
    """`[penalties]`, positive."""
    reject_below: float
    """Images of lower confidence are rejected;"""
    reject_logit_below: float
    """and those whose gate's logit is lower."""
    hidden_scales: Optional[Tensor] = None
    """`[units]`: of what each unit's weights are multiples, at most 31 either way, where they are stored as such."""

    def gate_logits(self, evidence: Evidence) -> Tensor:
        """ln g/(1 − g) for each image, `[n]`."""
        seen = evidence.features[:, : len(self.centres)]
        standardised = (seen - self.centres) / self.spreads
        hidden = torch.tanh(standardised @ self.hidden_weights.T + self.hidden_biases)
        network = hidden @ self.output_weights + self.output_bias
        return network - evidence.penalties @ self.penalties

    def rejects(self, evidence: Evidence) -> Tensor:
        """Whether each image is rejected, `[n]`."""
        is_doubtful = self.confidences(evidence) < self.reject_below
        return is_doubtful | (self.gate_logits(evidence) < self.reject_logit_below)

    def probabilities(self, evidence: Evidence) -> Tensor:
        """`[n, classes]`, each row summing to 1."""
        gates = torch.sigmoid(self.gate_logits(evidence)).unsqueeze(1)
        widths = (1 + evidence.errors / self.widening).unsqueeze(1)
        shares = torch.softmax(-self.scale * PIXELS * evidence.losses / widths, dim=1)
        return gates * shares + (1 - gates) / evidence.losses.shape[1]

    def confidences(self, evidence: Evidence) -> Tensor:
        """Probability of the label, `[n]`."""
        return self.probabilities(evidence).max(1).values

    def as_json(self) -> dict[str, Any]:
        """As stored under `confidence.calibrated` in the weights file."""
        return {
            "scale": self.scale,
            "widening": self.widening,
            "features": list(_names(len(self.centres))),
            "centres": self.centres.tolist(),
            "spreads": self.spreads.tolist(),
            **self._hidden_weights_as_json(),
            "hidden_biases": self.hidden_biases.tolist(),
            "output_weights": self.output_weights.tolist(),
            "output_bias": self.output_bias,
            "penalty_features": list(PENALTIES),
            "penalties": self.penalties.tolist(),
            "reject_below": self.reject_below,
            "reject_logit_below": self.reject_logit_below,
        }

    def _hidden_weights_as_json(self) -> dict[str, Any]:
        if self.hidden_scales is None:
            return {"hidden_weights": self.hidden_weights.tolist()}
        multiples = (self.hidden_weights / self.hidden_scales.unsqueeze(1)).round().long()
        return {
            "hidden_scales": self.hidden_scales.tolist(),
            "hidden_weights": [as_text(row) for row in multiples.tolist()],
        }


def _names(count: int) -> Sequence[str]:
    """Of so many features: only some files have maps, or margins, of which no model has as many as maps have places."""
    if count > SINGLE_FEATURES + MOST_CLASSES:
        return FEATURES
    return FEATURES[: min(count, SINGLE_FEATURES + 1)]


def calibrated_from_json(values: Mapping[str, Any], classes: int) -> CalibratedConfidence:
    """Reads what `as_json` gives, of so many classes; raises ValueError for other features than these.

    Some files have only the first of them, and older ones no gate that rejects.
    """
    names = list(values["features"])
    if len(names) not in KNOWN_FEATURES or names != list(FEATURES[: len(names)]):
        raise ValueError("the calibrated confidence looks at features that are not known here")
    count = feature_count(classes, len(names))
    if values["penalty_features"] != list(PENALTIES):
        raise ValueError("the calibrated confidence looks at penalties that are not known here")

    def numbers(key: str, *shape: int) -> Tensor:
        return torch.tensor(values[key], dtype=torch.float64).reshape(shape)

    units = len(values["hidden_biases"])
    scales = numbers("hidden_scales", units) if "hidden_scales" in values else None
    if scales is None:
        hidden_weights = numbers("hidden_weights", units, count)
    else:
        texts = values["hidden_weights"]
        if bool((scales <= 0).any()):
            raise ValueError("the scales of the gate's hidden units are not all positive")
        if [isinstance(text, str) and len(text) for text in texts] != [count] * units:
            raise ValueError(f"the gate's hidden units are not {units} texts of {count} characters")
        multiples = [from_text(text) for text in texts]
        hidden_weights = torch.tensor(multiples, dtype=torch.float64).reshape(units, count)
        hidden_weights = hidden_weights * scales.unsqueeze(1)
    return CalibratedConfidence(
        scale=float(values["scale"]),
        widening=float(values["widening"]),
        centres=numbers("centres", count),
        spreads=numbers("spreads", count),
        hidden_weights=hidden_weights,
        hidden_biases=numbers("hidden_biases", units),
        output_weights=numbers("output_weights", units),
        output_bias=float(values["output_bias"]),
        penalties=numbers("penalties", len(PENALTIES)),
        reject_below=float(values["reject_below"]),
        reject_logit_below=float(values.get("reject_logit_below", -math.inf)),
        hidden_scales=scales,
    )
