"""How far an image must move before the classifier changes its mind: two upper bounds in L2.

Both use the exact gradient of the loss: by the envelope theorem the derivative of min_z loss_c with
respect to the image x is 2(x − G_c(z*)) / 784 at the best latent z*. Every step searches all classes
again from the same starts, as the classifier would.
"""

from dataclasses import dataclass
from typing import Sequence

import torch
from torch import Tensor
from tqdm import tqdm

from abs_training.decoders.layers import Decoder
from abs_training.foundation.threads import for_each_class
from abs_training.images.data import PIXELS
from abs_training.search.assumptions import Assumptions
from abs_training.search.inference import LatentSearch, StartTable

BISECTIONS = 8
"""Halvings of the way to the boundary: the distance is right to 1/256 of the way."""

MOST_STEPS = 30
"""Steps of DeepFool; images that keep their label through all of them count as infinitely far."""

OVERSHOOT = 0.02
"""By how much a step goes beyond the linearised boundary (Moosavi-Dezfooli et al. 2016)."""

LEAST_GRADIENT = 1e-12
"""Keeps steps finite where two classes draw the same."""


@dataclass(frozen=True)
class Explanations:
    """Every class's explanation of some images."""

    losses: Tensor
    """`[n, classes]`."""
    reconstructions: Tensor
    """`[n, classes, 784]`."""

    def labels(self) -> Tensor:
        """The decisions, `[n]`."""
        return self.losses.argmin(1)

    def of(self, chosen: Tensor) -> "Explanations":
        """Those of the chosen images (truth values or indices)."""
        return Explanations(self.losses[chosen], self.reconstructions[chosen])


class Explainer:
    """The classifier under attack: best start of each class, then Adam in every class."""

    def __init__(
        self,
        decoders: Sequence[Decoder],
        starts: Sequence[Tensor],
        assumptions: Assumptions,
        updates: int,
        workers: int,
    ) -> None:
        """`starts` holds `[m, latents]` for each class."""
        self._decoders = decoders
        self._assumptions = assumptions
        self._updates = updates
        self._workers = workers
        self._tables = [
            StartTable(decoder, own, assumptions) for decoder, own in zip(decoders, starts)
        ]

    def explain(self, images: Tensor) -> Explanations:
        """Searches all classes for images `[n, 784]`."""

        def search(index: int) -> tuple[Tensor, Tensor]:
            start, _ = self._tables[index].best(images)
            one = LatentSearch(self._decoders[index], images, start, self._assumptions)
            one.advance(self._updates)
            with torch.no_grad():
                decoded = self._decoders[index](one.latents).flatten(1)
            return one.losses(), decoded

        found = for_each_class(search, len(self._decoders), self._workers)
        return Explanations(
            torch.stack([losses for losses, _ in found], dim=1),
            torch.stack([decoded for _, decoded in found], dim=1),
        )


def distances_along_line(explainer: Explainer, images: Tensor, labels: Tensor) -> Tensor:
    """L2 distance at which each image loses its label on the way to its best rival's redrawing.

    Images `[n, 784]`, labels `[n]` → `[n]`; 0 where the label is wrong from the start, inf where
    even the rival's redrawing keeps it.
    """
    found = explainer.explain(images)
    target = _best_rival(found, labels)
    return _distance_to_boundary(explainer, images, target, labels, found.labels() == labels)


def distances_by_deepfool(explainer: Explainer, images: Tensor, labels: Tensor) -> Tensor:
    """L2 distance of the adversarial images that DeepFool finds, moved back to the boundary.

    Shapes and special values as `distances_along_line`.
    """
    found = explainer.explain(images)
    is_right = found.labels() == labels
    moved = images.clone()
    active = is_right.nonzero().flatten()
    found = found.of(is_right)
    for _ in tqdm(range(MOST_STEPS), desc="DeepFool", unit="step"):
        if len(active) == 0:
            break
        step = _deepfool_step(found, labels[active])
        moved[active] = (moved[active] + (1 + OVERSHOOT) * step).clamp(0, 1)
        found = explainer.explain(moved[active])
        still = found.labels() == labels[active]
        found = found.of(still)
        active = active[still]
    return _distance_to_boundary(explainer, images, moved, labels, is_right)


def _deepfool_step(found: Explanations, labels: Tensor) -> Tensor:
    """The shortest step to a linearised boundary, `[n, 784]`."""
    positions = torch.arange(len(labels), device=labels.device)
    gaps = found.losses - found.losses[positions, labels].unsqueeze(1)
    own = found.reconstructions[positions, labels].unsqueeze(1)
    # The derivative of (rival's loss − own loss); a step against it by gap / ‖·‖² closes the gap.
    gradients = 2 * (own - found.reconstructions) / PIXELS
    squares = gradients.square().sum(2).clamp_min(LEAST_GRADIENT)
    lengths = gaps / squares.sqrt()
    lengths[positions, labels] = torch.inf
    nearest = lengths.argmin(1)
    ratio = (gaps[positions, nearest] / squares[positions, nearest]).unsqueeze(1)
    return -ratio * gradients[positions, nearest]


def _best_rival(found: Explanations, labels: Tensor) -> Tensor:
    """The redrawing by the best class other than the label, `[n, 784]`."""
    positions = torch.arange(len(labels), device=labels.device)
    wrong = found.losses.clone()
    wrong[positions, labels] = torch.inf
    return found.reconstructions[positions, wrong.argmin(1)]


def _distance_to_boundary(
    explainer: Explainer, images: Tensor, ends: Tensor, labels: Tensor, is_right: Tensor
) -> Tensor:
    """Bisects between images, which have their label, and ends, which should not."""
    distances = torch.zeros(len(images), device=images.device)
    keeps = torch.zeros_like(is_right)
    active = is_right.nonzero().flatten()
    if len(active):
        keeps[active] = explainer.explain(ends[active]).labels() == labels[active]
    distances[keeps] = torch.inf
    active = (is_right & ~keeps).nonzero().flatten()
    low = torch.zeros(len(active), device=images.device)
    high = torch.ones(len(active), device=images.device)
    way = ends[active] - images[active]
    for _ in tqdm(range(BISECTIONS), desc="bisection", unit="step"):
        if len(active) == 0:
            break
        middle = (low + high) / 2
        found = explainer.explain(images[active] + middle.unsqueeze(1) * way)
        same = found.labels() == labels[active]
        low, high = torch.where(same, middle, low), torch.where(same, high, middle)
    distances[active] = high * way.norm(dim=1)
    return distances
