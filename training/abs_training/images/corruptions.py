"""Images that are corrupted but keep their class: what a confidence must not take for junk.

Every corruption receives images `[n, 28, 28]` in 0..1 and draws its strength for each image; results are
clipped to 0..1. Positions are in the units of `grid_sample`: an image spans -1 to 1.
"""

import math
from typing import Callable

import torch
import torch.nn.functional as functional
from torch import Tensor

from abs_training.foundation.randomness import generator_for
from abs_training.images.augmentation import Distortion, distort
from abs_training.images.data import SIDE

Corruption = Callable[[Tensor, torch.Generator], Tensor]

NOISE_DEVIATIONS = (0.1, 0.2, 0.3, 0.4)
"""Standard deviations of gaussian noise, each a corruption of its own."""

PIXEL = 2 / SIDE
"""Width of a pixel in the units of `grid_sample`."""


def uniform(count: int, low: float, high: float, generator: torch.Generator) -> Tensor:
    """`[count, 1, 1]` numbers between two bounds."""
    return low + (high - low) * torch.rand(count, 1, 1, generator=generator)


def warped(images: Tensor, maps: Tensor) -> Tensor:
    """Images `[n, h, w]` seen through affine maps `[n, 2, 3]` from target to source positions."""
    pixels = images.unsqueeze(1)
    grid = functional.affine_grid(maps, list(pixels.shape), align_corners=False)
    return functional.grid_sample(pixels, grid, align_corners=False).squeeze(1).clamp(0, 1)


def blurred(images: Tensor, deviation: float) -> Tensor:
    """Images `[n, h, w]` under a gaussian blur with a deviation in pixels; outside is black."""
    reach = max(1, math.ceil(3 * deviation))
    offsets = torch.arange(-reach, reach + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (offsets / deviation).square())
    kernel = kernel / kernel.sum()
    pixels = functional.conv2d(images.unsqueeze(1), kernel.reshape(1, 1, 1, -1), padding=(0, reach))
    return functional.conv2d(pixels, kernel.reshape(1, 1, -1, 1), padding=(reach, 0)).squeeze(1)


def gaussian_noise(deviation: float) -> Corruption:
    """The corruption that adds white noise of one standard deviation."""

    def corrupt(images: Tensor, generator: torch.Generator) -> Tensor:
        noise = torch.randn(images.shape, generator=generator)
        return (images + deviation * noise).clamp(0, 1)

    return corrupt


def salt_and_pepper(images: Tensor, generator: torch.Generator) -> Tensor:
    """Up to 15 % of the pixels become black or white."""
    share = uniform(len(images), 0.02, 0.15, generator)
    struck = torch.rand(images.shape, generator=generator) < share
    values = (torch.rand(images.shape, generator=generator) < 0.5).float()
    return torch.where(struck, values, images)


def speckle(images: Tensor, generator: torch.Generator) -> Tensor:
    """Noise in proportion to the ink."""
    noise = torch.randn(images.shape, generator=generator)
    return (images * (1 + uniform(len(images), 0.1, 0.5, generator) * noise)).clamp(0, 1)


def shift(images: Tensor, generator: torch.Generator) -> Tensor:
    """Up to two pixels along each axis."""
    maps = torch.eye(2, 3).repeat(len(images), 1, 1)
    maps[:, :, 2] = (torch.rand(len(images), 2, generator=generator) * 4 - 2) * PIXEL
    return warped(images, maps)


def rotation(images: Tensor, generator: torch.Generator) -> Tensor:
    """Up to 15 degrees either way."""
    angles = uniform(len(images), -math.pi / 12, math.pi / 12, generator).flatten()
    maps = torch.zeros(len(images), 2, 3)
    maps[:, 0, 0] = maps[:, 1, 1] = angles.cos()
    maps[:, 0, 1] = -angles.sin()
    maps[:, 1, 0] = angles.sin()
    return warped(images, maps)


def shear_and_scale(images: Tensor, generator: torch.Generator) -> Tensor:
    """Sheared by up to .2 and between 15 % smaller and 10 % larger, along each axis."""
    maps = torch.zeros(len(images), 2, 3)
    maps[:, 0, 0] = 1 / uniform(len(images), 0.85, 1.1, generator).flatten()
    maps[:, 1, 1] = 1 / uniform(len(images), 0.85, 1.1, generator).flatten()
    maps[:, 0, 1] = uniform(len(images), -0.2, 0.2, generator).flatten()
    return warped(images, maps)


def elastic(images: Tensor, generator: torch.Generator) -> Tensor:
    """The distortion that training uses too."""
    return distort(images.unsqueeze(1), Distortion(), generator).squeeze(1)


def contrast(images: Tensor, generator: torch.Generator) -> Tensor:
    """Ink between 40 % and all of its strength."""
    return images * uniform(len(images), 0.4, 1.0, generator)


def brightness(images: Tensor, generator: torch.Generator) -> Tensor:
    """Everything brighter by up to .2."""
    return (images + uniform(len(images), 0.0, 0.2, generator)).clamp(0, 1)


def blur(images: Tensor, generator: torch.Generator) -> Tensor:
    """Between the image and its blur by 1.2 pixels."""
    share = uniform(len(images), 0.2, 1.0, generator)
    return torch.lerp(images, blurred(images, 1.2), share)


def thickness(images: Tensor, generator: torch.Generator) -> Tensor:
    """Strokes up to a pixel wider or about half a pixel thinner."""
    pixels = images.unsqueeze(1)
    wider = functional.max_pool2d(pixels, 3, 1, 1).squeeze(1)
    thinner = -functional.max_pool2d(-pixels, 3, 1, 1).squeeze(1)
    change = uniform(len(images), -0.4, 0.6, generator)
    return torch.lerp(images, torch.where(change > 0, wider, thinner), change.abs())


def threshold(images: Tensor, generator: torch.Generator) -> Tensor:
    """Black and white only."""
    return (images > uniform(len(images), 0.3, 0.6, generator)).float()


CORRUPTIONS: dict[str, Corruption] = {
    **{f"gaussian noise {deviation}": gaussian_noise(deviation) for deviation in NOISE_DEVIATIONS},
    "salt and pepper": salt_and_pepper,
    "speckle": speckle,
    "shift": shift,
    "rotation": rotation,
    "shear and scale": shear_and_scale,
    "elastic": elastic,
    "contrast": contrast,
    "brightness": brightness,
    "blur": blur,
    "thickness": thickness,
    "threshold": threshold,
}
"""By name."""


HEAVIEST_VEIL = 0.75
"""Largest share of the way to white that uneven light takes a pixel."""


def uneven_light(images: Tensor, generator: torch.Generator) -> Tensor:
    """A veil of light, weak at one place and up to three quarters of the way to white at another.

    In turn it rises along a line, brightens or darkens around a spot, or rises and falls in waves about as long as the image.
    It is none of `CORRUPTIONS`, to which the race's tables are fitted as well: neither they nor the decoders have seen this light.
    """
    count = len(images)
    row, column = torch.meshgrid(
        torch.linspace(-1, 1, SIDE), torch.linspace(-1, 1, SIDE), indexing="ij"
    )
    angle = uniform(count, 0, 2 * math.pi, generator)
    ramp = column * angle.cos() + row * angle.sin()
    y, x = uniform(count, -1.2, 1.2, generator), uniform(count, -1.2, 1.2, generator)
    width = uniform(count, 0.5, 2, generator)
    spot = torch.exp(-((row - y).square() + (column - x).square()) / (2 * width.square()))
    spot = torch.where(uniform(count, 0, 1, generator) < 0.5, spot, -spot)
    waves = torch.zeros(count, SIDE, SIDE)
    for _ in range(3):
        along_rows = uniform(count, -2.5, 2.5, generator)
        along_columns = uniform(count, -2.5, 2.5, generator)
        phase = uniform(count, 0, 2 * math.pi, generator)
        waves = waves + torch.cos(along_rows * row + along_columns * column + phase)
    shape = torch.arange(count).remainder(3).reshape(-1, 1, 1)
    field = torch.where(shape == 0, ramp, torch.where(shape == 1, spot, waves))
    low, high = field.amin((1, 2), keepdim=True), field.amax((1, 2), keepdim=True)
    brightest = uniform(count, 0.0, HEAVIEST_VEIL, generator)
    darkest = brightest * uniform(count, 0, 1, generator)
    veil = darkest + (brightest - darkest) * (field - low) / (high - low).clamp_min(1e-6)
    return torch.lerp(images, torch.ones_like(images), veil)


def corrupted(kind: str, images: Tensor, seed: int) -> Tensor:
    """Images `[n, 28, 28]` in 0..1 under one corruption; equal for equal arguments."""
    return CORRUPTIONS[kind](images, generator_for(seed, "corruption", kind))


def mixed_corruptions(images: Tensor, seed: int) -> Tensor:
    """Images `[n, 28, 28]`, each under one corruption: the first under the first, and so on."""
    result = images.clone()
    for index, kind in enumerate(CORRUPTIONS):
        chosen = torch.arange(len(images))[index :: len(CORRUPTIONS)]
        if len(chosen):
            result[chosen] = corrupted(kind, images[chosen], seed)
    return result
