"""Random changes of training images: an affine map plus an elastic displacement, noise, and black and white.

Positions are in the units of `grid_sample`: an image spans -1 to 1, so a pixel is 2/28 wide.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

AFFINE_LIMIT = 3.0
"""Largest change of an entry of the 2×2 map, in standard deviations."""

ELASTIC_DEVIATION = 0.03
"""Standard deviation of the displacement at a control point (about .4 pixel)."""

CONTROL_POINTS = 5
"""Control points of the elastic displacement along each axis."""

THRESHOLD = 0.5
"""Pixels of at least this become 1, all others 0."""


@dataclass(frozen=True)
class Distortion:
    """How many images are distorted and how much."""

    share: float = 1.0
    """Share of the images that are."""
    affine_deviation: float = 0.05
    """Standard deviation of each entry of the 2×2 map around the identity (.05: about 5 % of size)."""
    shift_deviation: float = 0.56
    """Standard deviation of the shift along each axis, in pixels."""


def distort(images: Tensor, distortion: Distortion, generator: torch.Generator) -> Tensor:
    """Distorts a random share of images `[n, 1, 28, 28]` in 0..1; the others come back as they are.

    Random numbers are drawn on the CPU, so that results do not depend on the device's generator.
    """
    count, _, height, width = images.shape
    device = images.device
    chosen = torch.rand(count, generator=generator) < distortion.share
    change = torch.randn(count, 2, 2, generator=generator).clamp(-AFFINE_LIMIT, AFFINE_LIMIT)
    affine = torch.empty(count, 2, 3)
    affine[:, :, :2] = torch.eye(2) + change * distortion.affine_deviation
    shifts = torch.randn(count, 2, generator=generator) * distortion.shift_deviation
    affine[:, :, 2] = shifts * (2 / width)
    points = torch.randn(count, 2, CONTROL_POINTS, CONTROL_POINTS, generator=generator)
    if not bool(chosen.any()):
        return images
    elastic = functional.interpolate(
        points[chosen].to(device) * ELASTIC_DEVIATION,
        size=(height, width),
        mode="bicubic",
        align_corners=True,
    )
    grid = functional.affine_grid(
        affine[chosen].to(device), [int(chosen.sum()), 1, height, width], align_corners=False
    )
    picked = chosen.to(device)
    distorted = images.clone()
    distorted[picked] = functional.grid_sample(
        images[picked], grid + elastic.permute(0, 2, 3, 1), align_corners=False
    ).clamp(0, 1)
    return distorted


def binarised(images: Tensor, threshold: float = THRESHOLD) -> Tensor:
    """Images with every value 0 or 1, as the variant `binary-abs` sees them."""
    return (images >= threshold).to(images.dtype)


def binarise(images: Tensor, share: float, generator: torch.Generator) -> Tensor:
    """Turns a random share of images `[n, 1, 28, 28]` black and white."""
    chosen = (torch.rand(len(images), generator=generator) < share).to(images.device)
    return torch.where(chosen.reshape(-1, 1, 1, 1), binarised(images), images)


def add_noise(images: Tensor, share: float, deviation: float, generator: torch.Generator) -> Tensor:
    """Adds gaussian noise to a random share of images `[n, 1, 28, 28]`, cut to 0..1 again.

    Its standard deviation is drawn for each image, from 0 to `deviation`.
    """
    if share == 0:
        return images
    count = len(images)
    chosen = torch.rand(count, generator=generator) < share
    deviations = deviation * torch.rand(count, 1, 1, 1, generator=generator)
    deviations = torch.where(chosen.reshape(-1, 1, 1, 1), deviations, torch.zeros(1))
    noise = torch.randn(images.shape, generator=generator) * deviations
    return (images + noise.to(images.device)).clamp(0, 1)
