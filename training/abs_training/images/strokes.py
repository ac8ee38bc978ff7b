"""Drawing pen strokes: random scribbles and letters, from polylines, with no font and no files.

A stroke is a polyline; a drawing is a set of strokes with a pen width. Positions are in pixels.
"""

import math
from typing import Sequence

import torch
from torch import Tensor

from abs_training.images.corruptions import uniform, warped
from abs_training.images.data import SIDE

BOX = 20
"""MNIST scales digits to fit a box of this many pixels, and centres them by mass."""

CHUNK = 128
"""Images drawn at a time."""

Points = Sequence[tuple[float, float]]


def render(starts: Tensor, ends: Tensor, widths: Tensor) -> Tensor:
    """Images `[n, 28, 28]` of line segments from `[n, m, 2]` to `[n, m, 2]` with pens `[n]` wide."""
    return torch.cat(
        [
            _render_chunk(*parts)
            for parts in zip(starts.split(CHUNK), ends.split(CHUNK), widths.split(CHUNK))
        ]
    )


def _render_chunk(starts: Tensor, ends: Tensor, widths: Tensor) -> Tensor:
    row, column = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
    pixels = torch.stack([column.flatten(), row.flatten()], dim=1).float()
    directions = ends - starts
    squares = directions.square().sum(2).clamp_min(1e-6)
    # Each pixel's place along the segment's line: <pixel - start, direction> / |direction|².
    along = torch.einsum("pd,nmd->nmp", pixels, directions)
    along = (along - (starts * directions).sum(2, keepdim=True)) / squares.unsqueeze(2)
    along = along.clamp(0, 1).unsqueeze(3)
    nearest = starts.unsqueeze(2) + along * directions.unsqueeze(2)
    distances = (pixels - nearest).norm(dim=3).min(1).values
    ink = (widths.reshape(-1, 1) / 2 + 0.5 - distances).clamp(0, 1)
    return ink.reshape(-1, SIDE, SIDE)


def fitted(points: Tensor, sizes: Tensor) -> Tensor:
    """Points `[n, m, 2]` moved and scaled so that the longer side of their frame is `sizes` `[n]`."""
    low, high = points.min(1, keepdim=True).values, points.max(1, keepdim=True).values
    extent = (high - low).max(2, keepdim=True).values.clamp_min(1e-3)
    return (points - (low + high) / 2) / extent * sizes.reshape(-1, 1, 1) + (SIDE - 1) / 2


def centred(images: Tensor) -> Tensor:
    """Images `[n, 28, 28]` moved so that their centre of mass is in the middle."""
    places = torch.linspace(-1 + 1 / SIDE, 1 - 1 / SIDE, SIDE)
    mass = images.sum((1, 2)).clamp_min(1e-6)
    maps = torch.eye(2, 3).repeat(len(images), 1, 1)
    maps[:, 0, 2] = (images.sum(1) * places).sum(1) / mass
    maps[:, 1, 2] = (images.sum(2) * places).sum(1) / mass
    return warped(images, maps)


def bezier_strokes(count: int, generator: torch.Generator) -> Tensor:
    """One to four random cubic curves per image."""
    curves, steps = 4, 8
    controls = torch.rand(count, curves, 4, 2, generator=generator) * 2 - 1
    times = torch.linspace(0, 1, steps + 1)
    weights = torch.stack(
        [
            (1 - times) ** 3,
            3 * times * (1 - times) ** 2,
            3 * times**2 * (1 - times),
            times**3,
        ]
    )
    points = torch.einsum("ncbd,bt->nctd", controls, weights)
    return _draw_strokes(points, generator)


def polyline_strokes(count: int, generator: torch.Generator) -> Tensor:
    """One to four random polylines of up to four straight parts per image."""
    points = torch.rand(count, 4, 5, 2, generator=generator) * 2 - 1
    # A polyline that stands still for a while has fewer parts.
    parts = torch.randint(1, 5, (count, 4), generator=generator)
    order = torch.minimum(torch.arange(5).expand(count, 4, 5), parts.unsqueeze(2))
    points = points.gather(2, order.unsqueeze(3).expand(-1, -1, -1, 2))
    return _draw_strokes(points, generator)


def spiral_strokes(count: int, generator: torch.Generator) -> Tensor:
    """One to four spirals per image, from a third of a turn to two and a half turns."""
    times = torch.linspace(0, 1, 25)
    turns = uniform(count * 4, 0.35, 2.5, generator).reshape(count, 4, 1)
    phase = 2 * math.pi * torch.rand(count, 4, 1, generator=generator)
    sense = torch.randint(0, 2, (count, 4, 1), generator=generator) * 2 - 1
    angles = phase + sense * 2 * math.pi * turns * times
    radii = uniform(count * 4, 0.3, 1.0, generator).reshape(count, 4, 1) * (0.15 + 0.85 * times)
    middle = (torch.rand(count, 4, 1, 2, generator=generator) * 2 - 1) * 0.5
    points = torch.stack([radii * angles.cos(), radii * angles.sin()], dim=3) + middle
    return _draw_strokes(points, generator)


def _draw_strokes(points: Tensor, generator: torch.Generator) -> Tensor:
    """Draws one to `curves` of the strokes `[n, curves, points, 2]`, as large as a digit."""
    count, curves, _, _ = points.shape
    used = torch.randint(1, curves + 1, (count, 1, 1), generator=generator)
    # Strokes beyond the number used are drawn over the last one that is.
    order = torch.minimum(torch.arange(curves).reshape(1, -1, 1), used - 1)
    points = points.gather(1, order.unsqueeze(3).expand_as(points))
    flat = points.flatten(1, 2)
    sizes = uniform(count, BOX - 6, BOX + 2, generator).flatten()
    shaped = fitted(flat, sizes).reshape(points.shape)
    starts, ends = shaped[:, :, :-1].flatten(1, 2), shaped[:, :, 1:].flatten(1, 2)
    widths = uniform(count, 1.0, 3.5, generator).flatten()
    return centred(render(starts, ends, widths))


def _arc(x: float, y: float, rx: float, ry: float, start: float, end: float) -> Points:
    """An arc around (x, y) between two angles in degrees, 0 to the right and 90 down."""
    angles = [math.radians(start + (end - start) * step / 10) for step in range(11)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


LETTERS: dict[str, list[Points]] = {
    "A": [[(0, 1), (0.5, 0), (1, 1)], [(0.22, 0.6), (0.78, 0.6)]],
    "C": [_arc(0.5, 0.5, 0.45, 0.5, -50, -310)],
    "E": [[(1, 0), (0, 0), (0, 1), (1, 1)], [(0, 0.5), (0.8, 0.5)]],
    "F": [[(1, 0), (0, 0), (0, 1)], [(0, 0.48), (0.75, 0.48)]],
    "H": [[(0, 0), (0, 1)], [(1, 0), (1, 1)], [(0, 0.5), (1, 0.5)]],
    "K": [[(0, 0), (0, 1)], [(0.9, 0), (0, 0.55)], [(0.3, 0.4), (1, 1)]],
    "L": [[(0, 0), (0, 1), (0.8, 1)]],
    "M": [[(0, 1), (0.1, 0), (0.5, 0.7), (0.9, 0), (1, 1)]],
    "N": [[(0, 1), (0, 0), (1, 1), (1, 0)]],
    "P": [[(0, 1), (0, 0)], [(0, 0), *_arc(0.45, 0.27, 0.5, 0.27, -90, 90), (0, 0.54)]],
    "R": [
        [(0, 1), (0, 0)],
        [(0, 0), *_arc(0.45, 0.25, 0.5, 0.25, -90, 90), (0, 0.5)],
        [(0.4, 0.5), (1, 1)],
    ],
    "T": [[(0, 0), (1, 0)], [(0.5, 0), (0.5, 1)]],
    "U": [[(0, 0), (0, 0.6), *_arc(0.5, 0.6, 0.5, 0.4, 180, 0), (1, 0)]],
    "V": [[(0, 0), (0.5, 1), (1, 0)]],
    "W": [[(0, 0), (0.25, 1), (0.5, 0.3), (0.75, 1), (1, 0)]],
    "X": [[(0, 0), (1, 1)], [(1, 0), (0, 1)]],
    "Y": [[(0, 0), (0.5, 0.5), (1, 0)], [(0.5, 0.5), (0.5, 1)]],
    "a": [_arc(0.45, 0.6, 0.4, 0.4, 0, 360), [(0.85, 0.2), (0.85, 0.9), (1, 1)]],
    "d": [_arc(0.4, 0.7, 0.38, 0.3, 0, 360), [(0.78, 0), (0.78, 1)]],
    "e": [[(0.05, 0.5), (0.95, 0.5), *_arc(0.5, 0.5, 0.45, 0.5, 0, -310)]],
    "f": [[*_arc(0.7, 0.25, 0.3, 0.25, -30, -180), (0.4, 1)], [(0.1, 0.45), (0.8, 0.45)]],
    "h": [[(0.1, 0), (0.1, 1)], [*_arc(0.45, 0.65, 0.35, 0.2, 180, 360), (0.8, 1)]],
    "k": [[(0.1, 0), (0.1, 1)], [(0.75, 0.4), (0.1, 0.72)], [(0.3, 0.62), (0.85, 1)]],
    "m": [
        [(0, 0.3), (0, 1)],
        [*_arc(0.25, 0.55, 0.25, 0.2, 180, 360), (0.5, 1)],
        [*_arc(0.75, 0.55, 0.25, 0.2, 180, 360), (1, 1)],
    ],
    "n": [[(0, 0.2), (0, 1)], [*_arc(0.4, 0.5, 0.4, 0.3, 180, 360), (0.8, 1)]],
    "p": [[(0.1, 0), (0.1, 1)], _arc(0.5, 0.27, 0.4, 0.27, 0, 360)],
    "r": [[(0.1, 0.2), (0.1, 1)], _arc(0.5, 0.55, 0.4, 0.3, 180, 310)],
    "t": [[(0.4, 0), (0.4, 0.8), *_arc(0.65, 0.8, 0.25, 0.2, 180, 60)], [(0, 0.3), (0.9, 0.3)]],
    "w": [
        [(0, 0.2), *_arc(0.25, 0.7, 0.25, 0.3, 180, 0), (0.5, 0.3)],
        [*_arc(0.75, 0.7, 0.25, 0.3, 180, 0), (1, 0.2)],
    ],
}
"""Strokes in a frame of 0..1, y down. Letters that look like digits (O, I, l, Z, S, B, G, q, …) are left out."""

HELD_OUT_LETTERS = ("E", "H", "N", "R", "X", "d", "k", "t")
"""Letters on which a confidence is judged but not fitted."""


def letters(count: int, names: Sequence[str], generator: torch.Generator) -> Tensor:
    """Images `[count, 28, 28]` of the named letters in turn, each sheared, turned and with a pen of its own."""
    result = torch.empty(count, SIDE, SIDE)
    for index, name in enumerate(names[:count]):
        places = torch.arange(index, count, len(names))
        result[places] = _letter(LETTERS[name], len(places), generator)
    return result


def _letter(strokes: Sequence[Points], count: int, generator: torch.Generator) -> Tensor:
    starts = torch.tensor([point for stroke in strokes for point in stroke[:-1]])
    ends = torch.tensor([point for stroke in strokes for point in stroke[1:]])
    points = torch.cat([starts, ends]).repeat(count, 1, 1)
    # Points move a little by themselves, but those at the same place stay together.
    _, place = torch.unique(points[0], dim=0, return_inverse=True)
    tremor = torch.randn(count, int(place.max()) + 1, 2, generator=generator) * 0.03
    points = points + tremor[:, place]
    angle = uniform(count, -0.25, 0.25, generator).flatten()
    slant = uniform(count, -0.35, 0.35, generator).flatten()
    width = uniform(count, 0.55, 1.0, generator).flatten()
    maps = torch.stack(
        [
            torch.stack([width * angle.cos(), slant - angle.sin()], dim=1),
            torch.stack([width * angle.sin(), angle.cos()], dim=1),
        ],
        dim=1,
    )
    shaped = fitted(
        points @ maps.transpose(1, 2), uniform(count, BOX - 3, BOX, generator).flatten()
    )
    pens = uniform(count, 1.2, 3.4, generator).flatten()
    return centred(render(shaped[:, : len(starts)], shaped[:, len(starts) :], pens))
