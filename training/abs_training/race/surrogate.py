"""Surrogate decoders: small networks that foretell a decoder's output in a basis that all classes share.

A decoder's output G(z) is written as μ + Uᵀg + r, with U the `[coefficients, 784]` orthonormal rows
of the basis. With y = U(x − μ) and x⊥ what is left of the image outside the basis

    ‖x − G(z)‖² = ‖y − g‖² + ‖r‖² − 2 x⊥·r + ‖x⊥‖².

The surrogate of a class gives, for a latent, g and what s = ‖r‖² − 2 x⊥·r is on average over the
images that end up there, less the mean square error of g.
"""

import math
from dataclasses import dataclass
from typing import Optional, Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from abs_training.decoders.layers import Decoder
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import PIXELS
from abs_training.race.bank import COPIES, Bank
from abs_training.race.steps import take_steps
from abs_training.search.inference import decode


@dataclass(frozen=True)
class Basis:
    """An orthonormal basis of images, and the image that it is centred on."""

    mean: Tensor
    """`[784]`."""
    rows: Tensor
    """`[coefficients, 784]`."""

    def coefficients(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """y `[n, coefficients]` of flat images `[n, 784]`, and ‖x⊥‖² `[n]`."""
        centred = images - self.mean
        found = centred @ self.rows.T
        return found, centred.square().sum(1) - found.square().sum(1)


def principal_basis(decoded: Tensor, coefficients: int) -> Basis:
    """The principal components of decoder outputs `[n, 784]`."""
    mean = decoded.mean(0)
    centred = (decoded - mean).double()
    _, vectors = torch.linalg.eigh(centred.T @ centred)
    return Basis(mean, vectors.flip(1)[:, :coefficients].T.float().contiguous())


class Surrogates(nn.Module):
    """One surrogate per class: latents → hidden → hidden → coefficients and squared remainder."""

    def __init__(self, classes: int, latents: int, hidden: int, coefficients: int) -> None:
        super().__init__()
        widths = (latents, hidden, hidden, coefficients + 1)
        self.weights = nn.ParameterList()
        self.biases = nn.ParameterList()
        for inputs, outputs in zip(widths, widths[1:]):
            values = torch.randn(classes, inputs, outputs) / math.sqrt(inputs)
            self.weights.append(nn.Parameter(values))
            self.biases.append(nn.Parameter(torch.zeros(classes, 1, outputs)))

    def forward(self, latents: Tensor) -> tuple[Tensor, Tensor]:
        """g `[classes, n, coefficients]` and s `[classes, n]` of latents `[classes, n, latents]`."""
        values = latents
        for index, (weight, bias) in enumerate(zip(self.weights, self.biases)):
            values = torch.baddbmm(bias, values, weight)
            if index < len(self.weights) - 1:
                values = functional.silu(values)
        return values[..., :-1], values[..., -1]

    def losses(self, coefficients: Tensor, outside: Tensor, latents: Tensor, beta: float) -> Tensor:
        """Foretold losses `[classes, n]` of latents `[classes, n, latents]` for n images.

        `coefficients` is `[n, coefficients]`, `outside` ‖x⊥‖² `[n]`.
        """
        found, remainder = self(latents)
        error = (found - coefficients).square().sum(2) + remainder + outside
        return (error + beta * 0.5 * latents.square().sum(2)) / PIXELS


def fit_surrogates(
    decoders: Sequence[Decoder],
    bank: Sequence[Bank],
    basis: Basis,
    hidden: int,
    steps: int,
    seed: int,
    checkpoint: Optional[Checkpoint] = None,
    batch: int = 256,
    rate: float = 4e-3,
) -> Surrogates:
    """Fits every class's surrogate to its decoder at the latents of a bank."""
    torch.manual_seed(generator_for(seed, "surrogate weights").initial_seed())
    latents = torch.stack([own.latents for own in bank])
    targets = torch.stack([_targets(decoder, own, basis) for decoder, own in zip(decoders, bank)])
    model = Surrogates(len(decoders), latents.shape[2], hidden, basis.rows.shape[0])
    with torch.no_grad():
        model.biases[-1].copy_(targets[..., :-1].mean(1, keepdim=True))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))
    generator = generator_for(seed, "surrogate batches")
    rows = torch.arange(len(decoders)).unsqueeze(1)

    def objective() -> Tensor:
        chosen = torch.randint(0, latents.shape[1], (len(decoders), batch), generator=generator)
        found, remainder = model(latents[rows, chosen])
        wanted = targets[rows, chosen]
        squares = (found - wanted[..., :-2]).square().sum(2)
        # Errors of g make ‖y − g‖² too large by their square on average, which the remainder takes back.
        # It enters the loss as it is, a coefficient squared: hence its plain error.
        errors = remainder + squares.detach() - wanted[..., -2]
        return squares.mean() + (errors.abs() * wanted[..., -1]).mean()

    take_steps("surrogates", model, optimizer, rate, steps, generator, objective, checkpoint)
    return model.requires_grad_(False)


def _targets(decoder: Decoder, bank: Bank, basis: Basis) -> Tensor:
    """g, s, and 1 where s is known, 0 for samples of the prior: `[m, coefficients + 2]`."""
    decoded = decode(decoder, bank.latents)
    found, remainder = basis.coefficients(decoded)
    centred = bank.images - basis.mean
    outside = centred - (centred @ basis.rows.T) @ basis.rows
    known = torch.zeros(len(decoded))
    for copy in range(COPIES):
        block = slice(copy * len(outside), (copy + 1) * len(outside))
        remainder[block] -= 2 * ((decoded[block] - basis.mean) * outside).sum(1)
        known[block] = 1
    return torch.cat([found, remainder.unsqueeze(1), known.unsqueeze(1)], 1)
