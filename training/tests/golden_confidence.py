"""Numbers by which the module's confidence is compared with this folder's.

`python3 -m tests.golden_confidence` writes them to `test/golden/confidence.json`.
"""

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from abs_training.confidence.evidence import PENALTIES, evidence_of, feature_count
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.redrawing import Redrawings

GOLDEN = Path(__file__).resolve().parents[2] / "test" / "golden" / "confidence.json"
UNITS = 3
CLASSES = 3


def pattern(count: int, multiplier: int, modulus: int) -> Tensor:
    """`count` numbers in 0..1 that any language makes alike: (multiplier·i mod modulus) / modulus."""
    return (torch.arange(count) * multiplier % modulus).double() / modulus


def model() -> CalibratedConfidence:
    """Some parameters."""
    count = feature_count(CLASSES)
    scales = 0.02 + 0.01 * pattern(UNITS, 2, 5)
    multiples = (62 * pattern(UNITS * count, 11, 63)).round() - 31
    return CalibratedConfidence(
        scale=0.4,
        widening=12.0,
        centres=pattern(count, 5, 17),
        spreads=0.5 + pattern(count, 7, 19),
        hidden_weights=multiples.reshape(UNITS, count) * scales.unsqueeze(1),
        hidden_biases=pattern(UNITS, 3, 7) - 0.5,
        output_weights=3 * pattern(UNITS, 5, 7) - 1,
        output_bias=2.0,
        penalties=0.1 * pattern(len(PENALTIES), 2, 5) + 0.05,
        reject_below=0.6,
        reject_logit_below=0.5,
        hidden_scales=scales,
    )


def redrawings() -> Redrawings:
    """Three images with made-up reconstructions: close, far, and an empty image."""
    image = pattern(784, 37, 101)
    drawn = torch.stack(
        [0.9 * image + 0.05, pattern(784, 53, 97), torch.zeros(784, dtype=torch.float64)]
    )
    return Redrawings(
        images=torch.stack([image, image, torch.zeros(784, dtype=torch.float64)]),
        losses=torch.tensor(
            [[0.03, 0.012, 0.02], [0.2, 0.3, 0.19], [0.01, 0.02, 0.03]], dtype=torch.float64
        ),
        latents=torch.tensor([[0.5, -1.0], [3.0, 2.0], [0.0, 0.0]], dtype=torch.float64),
        reconstructions=drawn,
        gains=torch.tensor([0.9, 1.0, 0.2], dtype=torch.float64),
        offsets=torch.tensor([0.05, 0.0, -0.1], dtype=torch.float64),
    )


def golden() -> dict[str, Any]:
    """Parameters, features with penalties, and probabilities."""
    found = evidence_of(redrawings())
    return {
        "calibrated": model().as_json(),
        "features": torch.cat([found.features, found.penalties], dim=1).tolist(),
        "probabilities": model().probabilities(found).tolist(),
    }


if __name__ == "__main__":
    GOLDEN.parent.mkdir(exist_ok=True)
    GOLDEN.write_text(json.dumps(golden(), indent=1) + "\n", "utf-8")
