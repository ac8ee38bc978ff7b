"""Images that belong to no class: what a confidence must tell from the data.

Every kind is a function from a count and a generator to images `[count, 28, 28]` in 0..1. Inverted, overlaid and
halved images, and pairs, are made of images of the data set.
"""

import math
from typing import Callable, Optional, Sequence

import torch
import torch.nn.functional as functional
from torch import Tensor

from abs_training.foundation.randomness import generator_for
from abs_training.images.corruptions import blurred, uneven_light, uniform
from abs_training.images.data import SIDE
from abs_training.images.strokes import (
    BOX,
    HELD_OUT_LETTERS,
    LETTERS,
    bezier_strokes,
    centred,
    letters,
    polyline_strokes,
    spiral_strokes,
)

Generate = Callable[[int, torch.Generator], Tensor]


def _constant(low: float, high: float, largest_noise: float) -> Generate:
    """One grey all over, half of the images with faint noise on it."""

    def generate(count: int, generator: torch.Generator) -> Tensor:
        level = uniform(count, low, high, generator)
        deviation = uniform(count, -largest_noise, largest_noise, generator).clamp_min(0)
        noise = torch.randn(count, SIDE, SIDE, generator=generator)
        images = (level + deviation * noise).clamp(0, 1)
        # The first image is the plain end of the range itself.
        images[:1] = low if low == 0 else high
        return images

    return generate


def _uniform_noise(count: int, generator: torch.Generator) -> Tensor:
    return torch.rand(count, SIDE, SIDE, generator=generator)


def _gaussian_noise(count: int, generator: torch.Generator) -> Tensor:
    mean = uniform(count, 0, 1, generator)
    deviation = uniform(count, 0.05, 0.7, generator)
    noise = torch.randn(count, SIDE, SIDE, generator=generator)
    return (mean + deviation * noise).clamp(0, 1)


def _sparse_noise(count: int, generator: torch.Generator) -> Tensor:
    share = uniform(count, 0.01, 0.5, generator)
    struck = torch.rand(count, SIDE, SIDE, generator=generator) < share
    bright = torch.rand(count, SIDE, SIDE, generator=generator)
    return struck * torch.where(uniform(count, 0, 1, generator) < 0.5, torch.tensor(1.0), bright)


def _levels(waves: Tensor, generator: torch.Generator) -> Tensor:
    """Waves `[n, 28, 28]` in -1..1 as grey levels: between two random ones, soft or sharp edged."""
    count = len(waves)
    sharpness = torch.exp(uniform(count, 0, 3, generator))
    shares = 0.5 + 0.5 * torch.tanh(sharpness * waves) / torch.tanh(sharpness)
    low, high = uniform(count, 0, 0.3, generator), uniform(count, 0.5, 1, generator)
    return low + (high - low) * shares


def _places(count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Coordinates `[count, 28, 28]` in pixels along two axes, turned and moved at random."""
    angle = uniform(count, 0, math.pi, generator)
    row, column = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    # Half of the patterns lie along the axes.
    angle = torch.where(
        uniform(count, 0, 1, generator) < 0.5, (angle / (math.pi / 2)).round() * math.pi / 2, angle
    )
    x = column * angle.cos() + row * angle.sin() + uniform(count, 0, SIDE, generator)
    y = row * angle.cos() - column * angle.sin() + uniform(count, 0, SIDE, generator)
    return x, y


def _stripes(count: int, generator: torch.Generator) -> Tensor:
    x, _ = _places(count, generator)
    period = uniform(count, 2, 14, generator)
    return _levels(torch.sin(2 * math.pi * x / period), generator)


def _checkerboards(count: int, generator: torch.Generator) -> Tensor:
    x, y = _places(count, generator)
    period = uniform(count, 2, 14, generator)
    waves = torch.sin(2 * math.pi * x / period) * torch.sin(2 * math.pi * y / period)
    return _levels(waves, generator)


def _smooth_noise(count: int, generator: torch.Generator) -> Tensor:
    """Blurred noise at several scales, stretched to the whole range; some of it with sharp edges."""
    noise = torch.randn(count, SIDE + 24, SIDE + 24, generator=generator)
    deviations = (0.7, 1.0, 1.5, 2.0, 3.0, 4.5)
    waves = torch.empty(count, SIDE, SIDE)
    for index, deviation in enumerate(deviations):
        waves[index :: len(deviations)] = blurred(noise[index :: len(deviations)], deviation)[
            :, 12:-12, 12:-12
        ]
    waves = waves - waves.mean((1, 2), keepdim=True)
    return _levels(waves / waves.abs().amax((1, 2), keepdim=True), generator)


def _gradients(count: int, generator: torch.Generator) -> Tensor:
    """Grey levels that rise along a line or outwards from a point."""
    x, y = _places(count, generator)
    radial = torch.hypot(x - x.mean((1, 2), keepdim=True), y - y.mean((1, 2), keepdim=True))
    slopes = torch.where(uniform(count, 0, 1, generator) < 0.5, x, radial)
    low, high = slopes.amin((1, 2), keepdim=True), slopes.amax((1, 2), keepdim=True)
    ramp = (slopes - low) / (high - low)
    ramp = torch.where(uniform(count, 0, 1, generator) < 0.5, ramp, 1 - ramp)
    return ramp * uniform(count, 0.3, 1, generator)


def _dots(count: int, generator: torch.Generator) -> Tensor:
    """One to twelve soft round dots."""
    row, column = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    images = torch.zeros(count, SIDE, SIDE)
    number = torch.randint(1, 13, (count, 1, 1), generator=generator)
    radius = uniform(count, 1, 4.5, generator)
    for index in range(12):
        y, x = uniform(count, 2, 25, generator), uniform(count, 2, 25, generator)
        ink = (radius + 0.5 - torch.hypot(row - y, column - x)).clamp(0, 1)
        images = torch.where(index < number, torch.maximum(images, ink), images)
    return images * uniform(count, 0.5, 1, generator)


LEAST_SOLID = 0.55
"""Shorter side of a solid shape as a share of the longer one: slimmer ones are bars, which are ones in a thick pen."""


def _solid_shapes(count: int, generator: torch.Generator) -> Tensor:
    """Filled ellipses, blobs and polygons of three to six corners, as long as a digit and at its place."""
    row, column = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    y = row - (SIDE - 1) / 2 + uniform(count, -1, 1, generator)
    x = column - (SIDE - 1) / 2 + uniform(count, -1, 1, generator)
    turn = uniform(count, 0, math.pi, generator)
    longer = BOX / 2 * uniform(count, 0.8, 1.05, generator)
    shorter = longer * uniform(count, LEAST_SOLID, 1, generator)
    along = (x * turn.cos() + y * turn.sin()) / longer
    across = (y * turn.cos() - x * turn.sin()) / shorter
    angle = torch.atan2(across, along) + uniform(count, 0, 2 * math.pi, generator)
    # The edge's distance from the middle: a circle's, that of waves around it, or that of a regular polygon.
    waves = torch.ones_like(angle)
    for order in (2, 3, 4):
        waves = waves + uniform(count, 0, 0.12, generator) * torch.cos(
            order * angle + uniform(count, 0, 2 * math.pi, generator)
        )
    corners = torch.randint(3, 7, (count, 1, 1), generator=generator)
    sector = 2 * math.pi / corners
    polygon = (sector / 2).cos() / (angle.remainder(sector) - sector / 2).cos()
    kind = uniform(count, 0, 3, generator)
    edge = torch.where(kind < 1, torch.ones_like(angle), torch.where(kind < 2, waves, polygon))
    # In pixels along the shorter axis, which keeps the rim about one pixel wide.
    inside = (edge - torch.hypot(along, across)) * shorter
    return (inside + 0.5).clamp(0, 1) * uniform(count, 0.7, 1.3, generator).clamp_max(1)


def _rings(count: int, generator: torch.Generator) -> Tensor:
    """Rings around a point somewhere in the image."""
    row, column = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    y, x = uniform(count, 4, 23, generator), uniform(count, 4, 23, generator)
    distance = torch.hypot(row - y, column - x)
    phase = uniform(count, 0, 2 * math.pi, generator)
    period = uniform(count, 3, 10, generator)
    return _levels(torch.sin(2 * math.pi * distance / period + phase), generator)


def _plaid(count: int, generator: torch.Generator) -> Tensor:
    """Crossing stripes of two widths."""
    x, y = _places(count, generator)
    first, second = uniform(count, 3, 10, generator), uniform(count, 3, 10, generator)
    waves = torch.maximum(torch.sin(2 * math.pi * x / first), torch.sin(2 * math.pi * y / second))
    return _levels(waves, generator)


def _letters_of(names: Sequence[str]) -> Generate:
    return lambda count, generator: letters(count, names, generator)


def _unevenly_lit_letters(count: int, generator: torch.Generator) -> Tensor:
    """Whether light that digits are forgiven opens the gate to what is none."""
    return uneven_light(letters(count, HELD_OUT_LETTERS, generator), generator)


GENERATED: dict[str, Generate] = {
    "black": _constant(0.0, 0.1, 0.04),
    "white": _constant(0.9, 1.0, 0.04),
    "grey": _constant(0.1, 0.9, 0.05),
    "uniform noise": _uniform_noise,
    "gaussian noise": _gaussian_noise,
    "sparse noise": _sparse_noise,
    "stripes": _stripes,
    "checkerboards": _checkerboards,
    "smooth noise": _smooth_noise,
    "gradients": _gradients,
    "dots": _dots,
    "solid shapes": _solid_shapes,
    "curves": bezier_strokes,
    "polylines": polyline_strokes,
    "letters": _letters_of([name for name in LETTERS if name not in HELD_OUT_LETTERS]),
}
"""Kinds that need no data."""

HELD_OUT: dict[str, Generate] = {
    "rings": _rings,
    "plaid": _plaid,
    "spirals": spiral_strokes,
    "other letters": _letters_of(HELD_OUT_LETTERS),
    "letters in uneven light": _unevenly_lit_letters,
}
"""Kinds on which a confidence is judged but not fitted."""

FROM_DATA = ("inverted", "overlaid", "halves", "pairs")
"""Kinds made of images of the data set."""

KINDS = (*GENERATED, *FROM_DATA)
"""Kinds on which a confidence is fitted."""

AMONG_DIGITS = ("letters", "solid shapes")
"""Kinds that are junk among digits; other classes may be such themselves."""

HARD_KINDS = (
    *("dots", "solid shapes", "curves", "polylines", "letters", "overlaid", "halves", "pairs"),
    *("spirals", "other letters", "letters in uneven light"),
)
"""Kinds of which some images look like a class even to a person."""


def inverted(images: Tensor) -> Tensor:
    """Dark ink on a bright ground."""
    return 1 - images


def overlaid(images: Tensor, labels: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """The brighter pixels of two images of different classes, `[count, 28, 28]`."""
    first = torch.randint(0, len(images), (count,), generator=generator)
    second = torch.randint(0, len(images), (count,), generator=generator)
    for _ in range(100):
        same = labels[first] == labels[second]
        if not bool(same.any()):
            break
        drawn = torch.randint(0, len(images), (count,), generator=generator)
        second = torch.where(same, drawn, second)
    kept = labels[first] != labels[second]
    return torch.maximum(images[first[kept]], images[second[kept]])


def halves(images: Tensor, labels: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Left, right, upper or lower halves of images, `[count, 28, 28]`, with their mass in the middle.

    The class with the least ink has none: halves of a bar are bars.
    """
    ink = torch.stack([images[labels == label].mean() for label in labels.unique()])
    images = images[labels != labels.unique()[ink.argmin()]]
    if len(images) == 0:
        return images[:0]
    chosen = images[torch.randint(0, len(images), (count,), generator=generator)].clone()
    side = torch.randint(0, 4, (count,), generator=generator)
    middle = SIDE // 2
    chosen[side == 0, :, :middle] = 0
    chosen[side == 1, :, middle:] = 0
    chosen[side == 2, :middle] = 0
    chosen[side == 3, middle:] = 0
    return centred(chosen)


PAIR_WIDTH = 56
"""Pixels across which two images are laid side by side before they are scaled down to one."""


def pairs(images: Tensor, count: int, generator: torch.Generator) -> Tensor:
    """Two images side by side, from overlapping to well apart, scaled down as one: `[count, 28, 28]`."""
    first = images[torch.randint(0, len(images), (count,), generator=generator)]
    second = images[torch.randint(0, len(images), (count,), generator=generator)]
    distance = torch.randint(11, 23, (count,), generator=generator)
    wide = torch.zeros(count, SIDE, PAIR_WIDTH)
    for step in distance.unique().tolist():
        rows = distance == step
        left = (PAIR_WIDTH - SIDE - step) // 2
        wide[rows, :, left : left + SIDE] = first[rows]
        beside = wide[rows, :, left + step : left + step + SIDE]
        wide[rows, :, left + step : left + step + SIDE] = torch.maximum(beside, second[rows])
    # A square of the pair's own width keeps its proportions, as whoever prepares a picture would.
    extent = (distance + BOX).float() / BOX
    maps = torch.zeros(count, 2, 3)
    maps[:, 0, 0] = extent * SIDE / PAIR_WIDTH
    maps[:, 1, 1] = extent
    grid = functional.affine_grid(maps, [count, 1, SIDE, SIDE], align_corners=False)
    small = functional.grid_sample(wide.unsqueeze(1), grid, align_corners=False).squeeze(1)
    return centred(small.clamp(0, 1))


def junk(
    kind: str,
    count: int,
    seed: int,
    data: Optional[tuple[Tensor, Tensor]] = None,
) -> Tensor:
    """Images `[count, 28, 28]` of one kind; equal for equal arguments.

    `data` is images `[n, 28, 28]` in 0..1 and their labels `[n]`, for the kinds made of them.
    """
    generator = generator_for(seed, "junk", kind)
    if kind in FROM_DATA:
        assert data is not None
        images, labels = data
        if kind == "overlaid":
            return overlaid(images, labels, count, generator)
        if kind == "halves":
            return halves(images, labels, count, generator)
        if kind == "pairs":
            return pairs(images, count, generator)
        return inverted(images[torch.randperm(len(images), generator=generator)[:count]])
    return ({**GENERATED, **HELD_OUT})[kind](count, generator)


def kinds_for(class_names: Sequence[str]) -> tuple[str, ...]:
    """Kinds that are junk for a data set: letters and filled shapes are, where all classes are named by digits."""
    digits = all(name.isdecimal() for name in class_names)
    return tuple(kind for kind in KINDS if digits or kind not in AMONG_DIGITS)
