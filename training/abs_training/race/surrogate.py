"""Surrogate decoders: small networks that foretell a decoder's output in a basis that all classes share.

A decoder's output G(z) is written as μ + Uᵀg + r, with U the `[coefficients, 784]` orthonormal rows
of the basis. With y = U(u − μ) of an image u as seen, and u⊥ what is left of it outside the basis,

    ‖u − G(z)‖² = ‖y − g‖² + ‖r‖² − 2 u⊥·r + ‖u⊥‖².

The surrogate of a class gives, for a latent, g and s: what the true error is more than ‖y − g‖² + ‖u⊥‖², on average over
the images that end up there.

Where redrawings have gain and offset, the basis holds the constant image and is centred on nothing (μ = 0). Both are
then fitted among the coefficients: the sums over pixels that their fit needs are ‖g‖², y·g and √784 times the first
coefficients. A tolerance is left out: how much of its error an image is forgiven depends on the image more than on the
latent, and an s that learned it would promise low losses wherever no image is redrawn well.
"""

import math
from dataclasses import dataclass, replace
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
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import decode


@dataclass(frozen=True)
class Basis:
    """An orthonormal basis of images as seen, and the image that it is centred on."""

    mean: Tensor
    """`[784]`."""
    rows: Tensor
    """`[coefficients, 784]`."""

    def coefficients(self, images: Tensor) -> tuple[Tensor, Tensor]:
        """y `[n, coefficients]` of flat images `[n, 784]`, and ‖u⊥‖² `[n]`."""
        centred = images - self.mean
        found = centred @ self.rows.T
        return found, centred.square().sum(1) - found.square().sum(1)


def principal_basis(decoded: Tensor, coefficients: int, assumptions: Assumptions) -> Basis:
    """The principal components of decoder outputs `[n, 784]`; with photometry, the constant image and theirs without it."""
    if assumptions.photometry is None:
        mean = decoded.mean(0)
        return Basis(mean, _components(decoded - mean, coefficients))
    constant = torch.full((1, PIXELS), PIXELS**-0.5)
    varying = decoded - decoded.mean(1, keepdim=True)
    rows = torch.cat([constant, _components(varying, coefficients - 1)])
    return Basis(torch.zeros(PIXELS), rows)


def _components(images: Tensor, count: int) -> Tensor:
    doubles = images.double()
    _, vectors = torch.linalg.eigh(doubles.T @ doubles)
    return vectors.flip(1)[:, :count].T.float().contiguous()


def foretold_errors(found: Tensor, coefficients: Tensor, assumptions: Assumptions) -> Tensor:
    """784 · the loss less the latent's share, what lies outside the basis and the remainder: `[…]`.

    `found` and `coefficients` are g and y, `[…, coefficients]`. Gain and offset count as fixed in derivatives.
    """
    if assumptions.photometry is None:
        return (found - coefficients).square().sum(-1)
    return assumptions.foretold(found, coefficients)


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

    def losses(
        self, coefficients: Tensor, outside: Tensor, latents: Tensor, assumptions: Assumptions
    ) -> Tensor:
        """Foretold losses `[classes, n]` of latents `[classes, n, latents]` for n images.

        `coefficients` is `[n, coefficients]`, `outside` ‖u⊥‖² `[n]`.
        """
        found, remainder = self(latents)
        error = foretold_errors(found, coefficients, assumptions) + remainder + outside
        return (error + assumptions.beta * 0.5 * latents.square().sum(2)) / PIXELS


@dataclass(frozen=True)
class Targets:
    """What one class's surrogate should give at `m` latents."""

    coefficients: Tensor
    """g, `[m, coefficients]`."""
    images: Tensor
    """y of the image that each latent redraws, `[m, coefficients]`; zeros for samples of the prior, which redraw none."""
    remainders: Tensor
    """784 · the true loss without tolerance, less the latent's share and ‖u⊥‖², `[m]`."""
    known: Tensor
    """1, or 0 for samples of the prior, `[m]`."""


def fit_surrogates(
    decoders: Sequence[Decoder],
    bank: Sequence[Bank],
    basis: Basis,
    hidden: int,
    steps: int,
    assumptions: Assumptions,
    seed: int,
    checkpoint: Optional[Checkpoint] = None,
    batch: int = 256,
    rate: float = 4e-3,
) -> Surrogates:
    """Fits every class's surrogate to its decoder at the latents of a bank."""
    torch.manual_seed(generator_for(seed, "surrogate weights").initial_seed())
    latents = torch.stack([own.latents for own in bank])
    of_classes = [
        _targets(decoder, own, basis, assumptions) for decoder, own in zip(decoders, bank)
    ]
    wanted = torch.stack([of_class.coefficients for of_class in of_classes])
    images = torch.stack([of_class.images for of_class in of_classes])
    remainders = torch.stack([of_class.remainders for of_class in of_classes])
    known = torch.stack([of_class.known for of_class in of_classes])
    model = Surrogates(len(decoders), latents.shape[2], hidden, basis.rows.shape[0])
    with torch.no_grad():
        model.biases[-1][..., :-1].copy_(wanted.mean(1, keepdim=True))
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))
    generator = generator_for(seed, "surrogate batches")
    rows = torch.arange(len(decoders)).unsqueeze(1)

    def objective() -> Tensor:
        chosen = torch.randint(0, latents.shape[1], (len(decoders), batch), generator=generator)
        found, remainder = model(latents[rows, chosen])
        squares = (found - wanted[rows, chosen]).square().sum(2)
        # The remainder makes up for the errors of g as well. It enters the loss as it is, a coefficient squared:
        # hence its plain error.
        foretold = foretold_errors(found.detach(), images[rows, chosen], assumptions)
        errors = foretold + remainder - remainders[rows, chosen]
        return squares.mean() + (errors.abs() * known[rows, chosen]).mean()

    take_steps("surrogates", model, optimizer, rate, steps, generator, objective, checkpoint)
    return model.requires_grad_(False)


def _targets(decoder: Decoder, bank: Bank, basis: Basis, assumptions: Assumptions) -> Targets:
    plain = replace(assumptions, tolerance=None)
    decoded = decode(decoder, bank.latents)
    wanted, _ = basis.coefficients(decoded)
    found, outside = basis.coefficients(bank.images)
    count = len(bank.images)
    images = torch.zeros_like(wanted)
    remainders, known = torch.zeros(len(decoded)), torch.zeros(len(decoded))
    for copy in range(COPIES):
        block = slice(copy * count, (copy + 1) * count)
        images[block] = found
        remainders[block] = plain.errors(decoded[block], bank.images) - outside
        known[block] = 1
    return Targets(wanted, images, remainders, known)
