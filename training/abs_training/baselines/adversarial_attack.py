"""Projected gradient descent in the L∞ ball, after Madry et al. 2018 (arXiv:1706.06083)."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn


@dataclass(frozen=True)
class Attack:
    """How an attack searches."""

    radius: float
    """Largest change of a pixel, in units of the 0..1 range."""
    step_size: float
    """Change of each pixel per step, before it is brought back into the ball."""
    steps: int
    restarts: int = 1
    """How often it starts again from a random point; used in measuring only."""

    def __str__(self) -> str:
        restarts = "" if self.restarts == 1 else f", {self.restarts} restarts"
        return f"PGD, L∞ {self.radius}, {self.steps} steps of {self.step_size}{restarts}"


EVALUATION = Attack(radius=0.3, step_size=0.01, steps=40, restarts=2)
"""The attack that networks are measured with."""

EVALUATION_BATCH = 250


def random_start(images: Tensor, radius: float, generator: torch.Generator) -> Tensor:
    """Uniformly random points of the ball around images in 0..1, clipped to 0..1.

    Random numbers are drawn on the CPU, so that results do not depend on the device's generator.
    """
    noise = (torch.rand(images.shape, generator=generator) * 2 - 1) * radius
    return (images + noise.to(images.device)).clamp(0, 1)


def step(
    model: nn.Module, images: Tensor, labels: Tensor, perturbed: Tensor, attack: Attack
) -> tuple[Tensor, Tensor]:
    """One step up the cross-entropy; also the logits before the step, `[n, classes]`."""
    with torch.enable_grad():
        point = perturbed.detach().requires_grad_(True)
        logits = model(point)
        objective = nn.functional.cross_entropy(logits, labels, reduction="sum")
        (gradient,) = torch.autograd.grad(objective, point)
    moved = point.detach() + attack.step_size * gradient.sign()
    nearest = torch.maximum(torch.minimum(moved, images + attack.radius), images - attack.radius)
    return nearest.clamp(0, 1), logits.detach()


def perturb(
    model: nn.Module, images: Tensor, labels: Tensor, attack: Attack, generator: torch.Generator
) -> Tensor:
    """Images `[n, 1, 28, 28]` after all steps of one attack."""
    perturbed = random_start(images, attack.radius, generator)
    for _ in range(attack.steps):
        perturbed, _ = step(model, images, labels, perturbed, attack)
    return perturbed


def accuracy(model: nn.Module, images: Tensor, labels: Tensor) -> float:
    """Share of images `[n, 1, 28, 28]` that get their label, 0..1."""
    right = 0
    with torch.no_grad():
        for part, expected in zip(images.split(1000), labels.split(1000)):
            right += int((model(part).argmax(1) == expected).sum())
    return right / len(labels)


def robust_accuracy(
    model: nn.Module, images: Tensor, labels: Tensor, attack: Attack, generator: torch.Generator
) -> float:
    """Share of images that keep their label at every point that the attack visits, 0..1."""
    survivors = 0
    for part, expected in zip(images.split(EVALUATION_BATCH), labels.split(EVALUATION_BATCH)):
        for _ in range(attack.restarts):
            if len(expected) > 0:
                part, expected = _survivors(model, part, expected, attack, generator)
        survivors += len(expected)
    return survivors / len(labels)


def _survivors(
    model: nn.Module, images: Tensor, labels: Tensor, attack: Attack, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Those images, with their labels, that one attack does not break; broken ones leave early."""
    with torch.no_grad():
        kept = model(images).argmax(1) == labels
    images, labels = images[kept], labels[kept]
    perturbed = random_start(images, attack.radius, generator)
    for _ in range(attack.steps):
        # PyTorch 1.13 cannot convolve no image at all.
        if len(labels) == 0:
            return images, labels
        perturbed, logits = step(model, images, labels, perturbed, attack)
        kept = logits.argmax(1) == labels
        images, labels, perturbed = images[kept], labels[kept], perturbed[kept]
    if len(labels) == 0:
        return images, labels
    with torch.no_grad():
        kept = model(perturbed).argmax(1) == labels
    return images[kept], labels[kept]
