"""The race's networks, rebuilt from the tables that a weights file holds."""

from dataclasses import dataclass

from torch import Tensor

from abs_training.race.proposal import Proposals
from abs_training.race.surrogate import Basis, Surrogates
from abs_training.race.tables import LAYERS, RaceTables


@dataclass(frozen=True)
class RaceNetworks:
    """What runs before the true decoders do; nothing in it requires gradients."""

    basis: Basis
    proposals: Proposals
    surrogates: Surrogates
    metrics: Tensor
    """The inverse Hessian to expect of each class, `[classes, latents, latents]`."""


def networks_of(tables: RaceTables, classes: int, latents: int) -> RaceNetworks:
    """The networks of a model with so many classes and latents."""
    tensors = tables.tensors
    basis = Basis(tensors["race.mean"][0], tensors["race.basis"][0].T.contiguous())
    coefficients = basis.rows.shape[0]
    hidden = tensors["race.proposal.first.bias"].shape[1]
    candidates = tensors["race.proposal.second.bias"].shape[1] // (classes * latents)
    proposals = Proposals(coefficients, hidden, classes, candidates, latents)
    for layer, name in ((proposals.first, "first"), (proposals.second, "second")):
        layer.weight.data = tensors[f"race.proposal.{name}.weight"][0].T.contiguous()
        layer.bias.data = tensors[f"race.proposal.{name}.bias"][0]
    units = tensors["race.surrogates.first.bias"].shape[1]
    surrogates = Surrogates(classes, latents, units, coefficients)
    for weight, bias, name in zip(surrogates.weights, surrogates.biases, LAYERS):
        weight.data = tensors[f"race.surrogates.{name}.weight"]
        bias.data = tensors[f"race.surrogates.{name}.bias"].unsqueeze(1)
    proposals.requires_grad_(False)
    surrogates.requires_grad_(False)
    return RaceNetworks(basis, proposals, surrogates, tensors["race.metrics"])
