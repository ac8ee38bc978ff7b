"""From losses to figures of quality and to the paper's confidence.

The paper's confidence: p_c = (exp(−scale·loss_c) + floor) / Σ_k (exp(−scale·loss_k) + floor).
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from abs_training.images.data import PIXELS

MEDIAN_CONFIDENCE = 0.9
"""The paper's rule: half of the clean images are classified with at least this confidence."""

ACCEPTED_SHARE = 0.99
"""Share of the clean images that must not be rejected."""

SMALLEST_SCALE, LARGEST_SCALE, SCALE_COUNT = 10.0, 10000.0, 600
"""Scales tried, evenly spaced in their logarithm."""

SCALE_TOLERANCE = 1e-4
"""The smallest scale is taken whose cross-entropy is within this of the lowest, in nats.

Where validation images are told apart perfectly, the entropy falls towards 0 with ever larger
scales, which say nothing any more.
"""

SMALLEST_FLOOR, LARGEST_FLOOR = 1e-250, 1.0
"""Floors tried."""


@dataclass(frozen=True)
class Quality:
    """How well losses tell classes apart."""

    accuracy: float
    """Share of images whose class has the lowest loss, 0..1."""
    cross_entropy: float
    """Mean of −ln p of the right class for softmax(−scale·loss) at the best scale, in nats."""
    margin: float
    """Median over images of 784·(runner-up's loss − winner's loss)."""
    scale: float
    """The scale of lowest cross-entropy."""

    def as_json(self) -> dict[str, float]:
        """Rounded, for the record."""
        return {
            "accuracy": round(self.accuracy, 5),
            "cross_entropy": round(self.cross_entropy, 5),
            "margin": round(self.margin, 3),
        }

    def __str__(self) -> str:
        return (
            f"accuracy {100 * self.accuracy:.2f} %, cross-entropy {self.cross_entropy:.4f}, "
            f"median margin {self.margin:.2f}"
        )


@dataclass(frozen=True)
class Calibration:
    """Parameters of the paper's confidence."""

    scale: float
    floor: float
    reject_below: float
    """Images of lower confidence are rejected."""

    def as_json(self) -> dict[str, float]:
        """As stored under `confidence.paper` in the weights file."""
        return {
            "scale": self.scale,
            "floor": self.floor,
            "reject_below": self.reject_below,
        }


def quality(losses: Tensor, labels: Tensor) -> Quality:
    """Figures for losses `[n, classes]` and class indices `[n]`."""
    losses = losses.double()
    scale, cross_entropy = best_scale(losses, labels)
    lowest = losses.topk(2, dim=1, largest=False).values
    return Quality(
        accuracy=float((losses.argmin(1) == labels).double().mean()),
        cross_entropy=cross_entropy,
        margin=float(((lowest[:, 1] - lowest[:, 0]) * PIXELS).median()),
        scale=scale,
    )


def best_scale(losses: Tensor, labels: Tensor) -> tuple[float, float]:
    """The scale at which softmax(−scale·loss) fits the labels best, and its cross-entropy."""
    scales = torch.logspace(
        torch.tensor(SMALLEST_SCALE).log10().item(),
        torch.tensor(LARGEST_SCALE).log10().item(),
        SCALE_COUNT,
        dtype=torch.float64,
    )
    entropies = torch.stack(
        [torch.nn.functional.cross_entropy(-scale * losses, labels) for scale in scales]
    )
    best = int((entropies <= entropies.min() + SCALE_TOLERANCE).nonzero()[0])
    return float(scales[best]), float(entropies[best])


def confidences(losses: Tensor, scale: float, floor: float) -> Tensor:
    """Confidence in the class of lowest loss for each image, `[n]`, in 1/classes..1."""
    raised = torch.exp(-scale * losses.double()) + floor
    return raised.max(1).values / raised.sum(1)


def calibrate(losses: Tensor, labels: Tensor) -> Calibration:
    """Chooses scale, floor and rejection threshold on losses of clean images."""
    scale, _ = best_scale(losses.double(), labels)
    low, high = SMALLEST_FLOOR, LARGEST_FLOOR
    # The median falls as the floor rises, so bisection (of the logarithm) finds the floor.
    for _ in range(100):
        middle = low**0.5 * high**0.5
        if float(confidences(losses, scale, middle).median()) > MEDIAN_CONFIDENCE:
            low = middle
        else:
            high = middle
    clean = confidences(losses, scale, low)
    threshold = float(torch.quantile(clean, 1 - ACCEPTED_SHARE))
    lowest = lowest_threshold(losses.shape[1])
    return Calibration(
        scale=float(f"{scale:.6g}"),
        floor=float(f"{low:.6g}"),
        reject_below=float(f"{max(threshold, lowest):.6g}"),
    )


def lowest_threshold(classes: int) -> float:
    """The least confidence that may be asked for: above 1/classes, which junk far away gets.

    Half as much again where there are many classes; with few, that would refuse good images.
    """
    return min(1.5 / classes, 1 / classes + 0.05)
