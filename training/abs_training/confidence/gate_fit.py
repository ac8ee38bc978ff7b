"""Fitting the gate: whether an image shows any of the classes."""

import math
from dataclasses import dataclass, replace

import torch
import torch.nn.functional as functional
from torch import Tensor

from abs_training.confidence.evidence import PENALTIES, Evidence
from abs_training.confidence.model import CalibratedConfidence
from abs_training.confidence.rounding import short_all
from abs_training.foundation.randomness import generator_for
from abs_training.storage.six_bits import LARGEST

LARGEST_STEP = 5e-3
"""First step of Adam, which falls to nothing evenly."""

SMALLEST_PENALTY = 0.05
"""Keeps every penalty positive, so that the gate closes far from the data."""


@dataclass(frozen=True)
class GateSettings:
    """How the gate is fitted, and where the thresholds lie. `compare-gates` shows what other values cost and save."""

    hidden_units: int = 64
    weight_decay: float = 1e-4
    """Of the network's weights, against the mean logistic loss."""
    steps: int = 12000
    """Of Adam, in which the network is fitted, at most."""
    passes: int = 200
    """Over the images, at most: few images need few steps."""
    batch: int = 2048
    """Images drawn for each step."""
    more_junk_weight: float = 3.0
    """Weight of a kind of junk that comes from files."""
    gate_loss: float = 0.001
    """By how much the gate lowers the mean confidence of clean images."""
    doubtful_clean: float = 0.006
    """Largest share of clean validation images that are rejected because their label is in doubt."""
    strange_clean: float = 0.009
    """Largest share of them that are rejected because the gate holds them for no class."""

    def limited(self, steps: int) -> "GateSettings":
        """For a quick check: at most so many steps."""
        return replace(self, steps=min(self.steps, steps))

    def steps_for(self, images: int) -> int:
        """How many steps a fit to so many images takes."""
        return min(self.steps, math.ceil(self.passes * images / self.batch))


def fit_gate(
    evidence: Evidence, is_class: Tensor, weights: Tensor, seed: int, settings: GateSettings
) -> CalibratedConfidence:
    """The gate by logistic loss, over images drawn by their weights; scale and widening are still to be fitted.

    The hidden layer's weights are rounded to what is stored.
    """
    features = evidence.features
    centres = (weights.unsqueeze(1) * features).sum(0)
    deviations = (weights.unsqueeze(1) * (features - centres).square()).sum(0).sqrt()
    spreads = deviations.clamp_min(1e-3)
    standardised = ((features - centres) / spreads).float()
    penalised, wanted = evidence.penalties.float(), is_class.float()
    generator = generator_for(seed, "gate")

    def drawn(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=generator)

    units, count = settings.hidden_units, features.shape[1]
    hidden_weights = (drawn(units, count) / count**0.5).requires_grad_()
    hidden_biases = (0.3 * drawn(units)).requires_grad_()
    output_weights = (drawn(units) / units**0.5).requires_grad_()
    output_bias = torch.zeros(1, requires_grad=True)
    raw_penalties = torch.full((len(PENALTIES),), -3.0, requires_grad=True)

    def loss(chosen: Tensor) -> Tensor:
        hidden = torch.tanh(standardised[chosen] @ hidden_weights.T + hidden_biases)
        penalties = SMALLEST_PENALTY + functional.softplus(raw_penalties)
        logits = hidden @ output_weights + output_bias - penalised[chosen] @ penalties
        errors = functional.binary_cross_entropy_with_logits(logits, wanted[chosen])
        decay = hidden_weights.square().sum() + output_weights.square().sum()
        return errors + settings.weight_decay * decay

    parameters = [hidden_weights, hidden_biases, output_weights, output_bias, raw_penalties]
    optimiser = torch.optim.Adam(parameters, lr=LARGEST_STEP)
    steps = settings.steps_for(len(evidence))
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = LARGEST_STEP * (1 - step / steps)
        chosen = torch.multinomial(weights, settings.batch, replacement=True, generator=generator)
        optimiser.zero_grad()
        loss(chosen).backward()
        optimiser.step()
    exact = hidden_weights.detach().double()
    scales = short_all(exact.abs().amax(1).clamp_min(1e-6) / LARGEST)
    multiples = (exact / scales.unsqueeze(1)).round().clamp(-LARGEST, LARGEST)
    return CalibratedConfidence(
        scale=1.0,
        widening=1.0,
        centres=centres,
        spreads=spreads,
        hidden_weights=multiples * scales.unsqueeze(1),
        hidden_biases=hidden_biases.detach().double(),
        output_weights=output_weights.detach().double(),
        output_bias=float(output_bias.detach()),
        penalties=(SMALLEST_PENALTY + functional.softplus(raw_penalties.detach())).double(),
        reject_below=0.0,
        reject_logit_below=-math.inf,
        hidden_scales=scales,
    )


def shift_gate(
    model: CalibratedConfidence, clean: Evidence, gate_loss: float
) -> CalibratedConfidence:
    """Moves the gate's bias so that it lowers the mean confidence of clean images by no more than `gate_loss`.

    The fit sees as much junk as data, which is arbitrary; this says instead that clean images are the
    rule, so that the confidence of a clean image is the chance that its label is right.
    """
    logits = model.gate_logits(clean)
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        if float(1 - torch.sigmoid(logits + middle).mean()) > gate_loss:
            low = middle
        else:
            high = middle
    return replace(model, output_bias=model.output_bias + high)
