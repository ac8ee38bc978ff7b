"""The calibrated confidence: how likely an image shows one of the classes and the label is right.

p = g · softmax(−scale · 784 · loss / (1 + E/widening)) + (1 − g) / classes,

where E is the squared error of the winner's reconstruction (noise widens the likelihood), and the gate
g is how likely the image belongs to the data at all: a small network of features of that reconstruction,
less penalties that grow without bound,

logit g = bias + Σ_j w_j tanh(b_j + ⟨W_j, (features − centres) / spreads⟩) − ⟨penalties, penalty features⟩.

Far from the data p is uniform, whatever the other parameters: a tanh is at most 1, so the logit is at most
bias + Σ|w_j| − penalty · ‖S r‖², which falls without bound as the blurred residual S r grows; then g → 0.

This is the readable reference; `assembly/inference/confidence.ts` does the same.
"""

import math
from dataclasses import dataclass
from typing import Any, Mapping, Optional, Sequence

import torch
from torch import Tensor

from abs_training.confidence.evidence import (
    FEATURES,
    SINGLE_FEATURES,
    KNOWN_FEATURES,
    PENALTIES,
    Evidence,
    feature_count,
)
from abs_training.foundation.limits import MOST_CLASSES
from abs_training.images.data import PIXELS
from abs_training.storage.six_bits import as_text, from_text


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
