"""Fitting the race's tables to finished decoders."""

from dataclasses import dataclass, replace
from typing import Optional, Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.foundation.checkpoint import Checkpoint
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import PIXELS, ImageSet, to_unit_range
from abs_training.race.bank import BankSizes, bank_of_latents, spoilt_copies
from abs_training.race.proposal import Proposals, fit_proposals
from abs_training.race.surrogate import Basis, Surrogates, fit_surrogates, principal_basis
from abs_training.race.tables import LAYERS, RaceTables
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import decode


@dataclass(frozen=True)
class TableSizes:
    """Sizes of the tables and of their fit."""

    coefficients: int = 64
    surrogate_hidden: int = 64
    proposal_hidden: int = 192
    candidates: int = 2
    surrogate_steps: int = 12_000
    proposal_steps: int = 12_000
    decoded: int = 3000
    """Latents per class whose reconstructions shape the basis."""
    metric_latents: int = 200
    """Latents per class over which the inverse Hessian is averaged."""
    bank: BankSizes = BankSizes()

    def limited(self, steps: int, images: int) -> "TableSizes":
        """For a quick check: at most so many steps of each fit, and so few images and samples per class."""
        return replace(
            self,
            surrogate_steps=min(self.surrogate_steps, steps),
            proposal_steps=min(self.proposal_steps, steps),
            bank=BankSizes(images, images),
        )

    def values(self, classes: int, latents: int) -> int:
        """Numbers in the tables of a file, scales included."""
        basis, hidden, proposal = self.coefficients, self.surrogate_hidden, self.proposal_hidden
        proposed = classes * self.candidates * latents
        shared = PIXELS * (basis + 1) + proposal * (basis + 1 + proposed) + proposed
        own = hidden * (latents + 1 + hidden + 1) + (hidden + 1) * (basis + 1) + latents**2
        scales = basis + proposal + proposed + classes * (2 * hidden + basis + 1)
        return shared + classes * own + scales


def fit_tables(
    decoders: Sequence[Decoder],
    starts: Sequence[Tensor],
    assumptions: Assumptions,
    training: ImageSet,
    sizes: TableSizes,
    seed: int,
    workers: int,
    checkpoint: Optional[Checkpoint] = None,
) -> RaceTables:
    """Fits all tables to finished decoders, on training images only.

    `starts` are latents `[m, latents]` for each class, from which searches start. With a checkpoint,
    the fit continues from what is saved there.
    """
    bank = bank_of_latents(
        decoders, starts, assumptions, training, sizes.bank, seed, workers, checkpoint
    )
    generator = generator_for(seed, "race basis")
    decoded = torch.cat(
        [
            decode(
                decoder,
                own.latents[torch.randperm(len(own.latents), generator=generator)[: sizes.decoded]],
            )
            for decoder, own in zip(decoders, bank)
        ]
    )
    basis = principal_basis(decoded, sizes.coefficients, assumptions)
    surrogates = fit_surrogates(
        decoders,
        bank,
        basis,
        sizes.surrogate_hidden,
        sizes.surrogate_steps,
        assumptions,
        seed,
        checkpoint,
    )
    coefficients, outside = _coefficients_of(training, basis, assumptions, seed)
    proposals = fit_proposals(
        surrogates,
        coefficients,
        outside,
        sizes.candidates,
        sizes.proposal_hidden,
        assumptions,
        sizes.proposal_steps,
        seed,
        checkpoint,
    )
    metrics = torch.stack(
        [
            mean_inverse_hessian(decoder, own.latents[: sizes.metric_latents], assumptions)
            for decoder, own in zip(decoders, bank)
        ]
    )
    return RaceTables(named_tables(basis, surrogates, proposals, metrics))


def _coefficients_of(
    training: ImageSet, basis: Basis, assumptions: Assumptions, seed: int
) -> tuple[Tensor, Tensor]:
    """Coefficients and ‖x⊥‖² of all training images and of a corrupted copy of each."""
    found = []
    for index, part in enumerate(
        tqdm(training.images.split(5000), desc="coefficients", mininterval=5)
    ):
        images = to_unit_range(part).squeeze(1)
        found.append(basis.coefficients(assumptions.seen(images.flatten(1))))
        order = torch.randperm(len(images), generator=generator_for(seed, "race copies", index))
        spoilt = spoilt_copies(images[order], seed + index, 1.0).flatten(1)
        found.append(basis.coefficients(assumptions.seen(spoilt)))
    return torch.cat([pair[0] for pair in found]), torch.cat([pair[1] for pair in found])


def mean_inverse_hessian(decoder: Decoder, latents: Tensor, assumptions: Assumptions) -> Tensor:
    """Mean over latents `[m, latents]` of the inverse Gauss–Newton Hessian of the loss, `[latents, latents]`.

    The Hessian is (2 JᵀPJ + β I) / 784 with J the derivative of the decoder, here by differences. P leaves what gain and
    offset cannot make up for; that errors are tolerated is left out, for those near minima are small.
    """
    step = 1e-2
    columns = []
    for axis in range(latents.shape[1]):
        change = torch.zeros(latents.shape[1])
        change[axis] = step
        columns.append(
            (decode(decoder, latents + change) - decode(decoder, latents - change)) / (2 * step)
        )
    jacobian = torch.stack(columns, dim=2).double()
    identity = torch.eye(latents.shape[1], dtype=torch.float64)
    left = jacobian
    if assumptions.photometry is not None:
        decoded = decode(decoder, latents).double()
        spanned = torch.stack([decoded, torch.ones_like(decoded)], dim=2)
        priors = torch.diag(
            torch.tensor(
                [assumptions.photometry.gain, assumptions.photometry.offset], dtype=torch.float64
            )
        )
        normal = spanned.transpose(1, 2) @ spanned + priors
        left = jacobian - spanned @ torch.linalg.solve(normal, spanned.transpose(1, 2) @ jacobian)
    hessian = (2 * jacobian.transpose(1, 2) @ left + assumptions.beta * identity) / PIXELS
    return torch.linalg.inv(hessian).mean(0).float()


def named_tables(
    basis: Basis, surrogates: Surrogates, proposals: Proposals, metrics: Tensor
) -> dict[str, Tensor]:
    """The tables by their names in the weights file."""
    tensors = {
        "race.basis": basis.rows.T.unsqueeze(0),
        "race.mean": basis.mean.unsqueeze(0),
        "race.metrics": metrics,
    }
    for name, layer in (("first", proposals.first), ("second", proposals.second)):
        tensors[f"race.proposal.{name}.weight"] = layer.weight.T.unsqueeze(0)
        tensors[f"race.proposal.{name}.bias"] = layer.bias.unsqueeze(0)
    for name, weight, bias in zip(LAYERS, surrogates.weights, surrogates.biases):
        tensors[f"race.surrogates.{name}.weight"] = weight
        tensors[f"race.surrogates.{name}.bias"] = bias.squeeze(1)
    return {name: tensor.detach().contiguous() for name, tensor in tensors.items()}
