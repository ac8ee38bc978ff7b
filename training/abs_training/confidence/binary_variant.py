"""The variant for black-and-white images: binary ABS of Schott et al. 2018.

An image is thresholded before it is compared, and each class's loss is multiplied by a scale of its
class. The decoders are those of the plain model, whose greys cost some classes more than others when
they are compared with black and white; the scales make up for that. How the paper's scales were
found is not published; here they are fitted to validation images.
"""

import math
from dataclasses import dataclass
from typing import Any, Sequence

import torch
from torch import Tensor

from abs_training.confidence.calibration import Calibration, best_scale, calibrate
from abs_training.images.augmentation import THRESHOLD

RIDGE = 3.0
"""Weight of the mean squared ln of the class scales, against the mean cross-entropy in nats.

It settles what the entropy leaves open (all scales times a factor), and holds the scales near 1,
which few misclassified images would otherwise drag away. Of 0.03 to 10 this did best for MNIST when
fitted to one random half of the validation images and measured on the other. The paper's scales
cost 0.0024 by it.
"""

OVERALL_RIDGE = 0.001
"""The same for the overall scale, about the best one without class scales."""

LARGEST_EXPONENT = math.log(1e6)
"""Of the scales that the fit tries; `best_scale` goes up to 10,000."""

STEPS = 200
"""Most steps of the fit."""


@dataclass(frozen=True)
class BinaryVariant:
    """What a weights file says about the variant."""

    threshold: float
    class_scales: list[float]
    calibration: Calibration
    """Of the confidence, which is computed from the scaled losses."""

    def as_json(self) -> dict[str, Any]:
        """As stored under `variants` in the weights file."""
        return {
            "threshold": self.threshold,
            "class_scales": self.class_scales,
            "confidence": self.calibration.as_json(),
        }


def scaled(losses: Tensor, class_scales: Sequence[float]) -> Tensor:
    """Losses `[n, classes]` in 64-bit floats, each times its class's scale."""
    return losses.double() * torch.tensor(class_scales, dtype=torch.float64, device=losses.device)


def fit_binary_variant(losses: Tensor, labels: Tensor) -> BinaryVariant:
    """Fits the variant to losses `[n, classes]` of thresholded images and their classes `[n]`."""
    class_scales = fit_class_scales(losses, labels)
    return BinaryVariant(THRESHOLD, class_scales, calibrate(scaled(losses, class_scales), labels))


def fit_class_scales(losses: Tensor, labels: Tensor) -> list[float]:
    """The scales, to four decimals, at which softmax(−s·scale·loss) fits the labels best.

    The overall scale s is fitted as well, but does not leave the range that `best_scale` searches.
    """
    losses = losses.double().cpu()
    start, _ = best_scale(losses, labels)
    overall = torch.tensor(math.log(start), dtype=torch.float64, requires_grad=True)
    logarithms = torch.zeros(losses.shape[1], dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS(
        [overall, logarithms], max_iter=STEPS, line_search_fn="strong_wolfe"
    )

    def objective() -> float:
        optimiser.zero_grad()
        # A first step too long would overflow; the penalties bring it back.
        logits = -losses * (overall + logarithms).clamp_max(LARGEST_EXPONENT).exp()
        entropy = torch.nn.functional.cross_entropy(logits, labels)
        # Images that are told apart perfectly would drive the overall scale to infinity.
        departure = (overall - math.log(start)).square()
        penalty = RIDGE * logarithms.square().mean() + OVERALL_RIDGE * departure
        total = entropy + penalty
        total.backward()
        return float(total)

    optimiser.step(objective)
    return [round(value, 4) for value in logarithms.detach().exp().tolist()]
