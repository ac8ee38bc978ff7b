"""Characters of font files drawn as MNIST's digits are: in a box of 20 pixels, centred by mass.

Fonts know hands that a data set lacks: ones with flag and foot, barred sevens, closed and open fours, slashed
zeros, printed digits. Every drawing is slanted, turned, stretched and given a pen of its own.
"""

import io
import math
from pathlib import Path
from typing import Sequence

import numpy as np
import torch
from fontTools.ttLib import TTFont, TTLibError
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from torch import Tensor

from abs_training.images.data import SIDE, DataError

SUFFIXES = (".ttf", ".otf", ".woff", ".woff2")

BOX = 20
"""MNIST scales digits to fit a box of this many pixels."""

EM = 96
"""Height of the letters that are drawn before they are scaled down."""

SLANT_DEVIATION, TURN_DEVIATION, STRETCH_DEVIATION = 0.15, 0.08, 0.1
"""Standard deviations of the shear, of the angle in radians, and of the ln of width over height."""

THINNEST, THICKEST = 0.06, 0.2
"""Width of a pen as a share of the drawing's longer side; MNIST's pens lie about between (`npx tsx bench/frames.ts`)."""

MOST_PEN_STEPS = 8
"""Pixels by which a stroke is widened or narrowed at most on either side, before it is scaled down."""


class Font:
    """A font file, at the size at which its characters are drawn."""

    def __init__(self, path: Path) -> None:
        """Raises DataError for a file that is no font."""
        try:
            with TTFont(path) as tables:
                self._known = set(tables.getBestCmap() or {})
                # Web fonts are compressed, which the drawing library may not know.
                tables.flavor = None
                plain = io.BytesIO()
                tables.save(plain)
            plain.seek(0)
            self._font = ImageFont.truetype(plain, EM)
        except (OSError, TTLibError, ImportError) as error:
            raise DataError(f"{path}: cannot be read as a font: {error}") from error

    def has(self, character: str) -> bool:
        """Whether the font has the character."""
        return ord(character) in self._known

    def draw(self, character: str) -> "Image.Image | None":
        """The character, bright on black, with room around it; None where there is no ink."""
        canvas = Image.new("L", (3 * EM, 3 * EM))
        ImageDraw.Draw(canvas).text((EM, EM // 2), character, fill=255, font=self._font)
        return None if canvas.getbbox() is None else canvas


def font_files(folder: Path, pattern: str = "*") -> list[Path]:
    """The font files in a folder and those below whose names fit a pattern, in order of their paths.

    Raises DataError where there are none.
    """
    found = sorted(path for path in folder.rglob(pattern) if path.suffix.lower() in SUFFIXES)
    if not found:
        raise DataError(f"{folder}: holds no font file {pattern} ({', '.join(SUFFIXES)})")
    return found


def held_out(paths: Sequence[Path], share: float, generator: torch.Generator) -> list[bool]:
    """Which fonts are kept from training: about a share of them, all files of a family together."""
    families = sorted({family_of(path) for path in paths})
    order = torch.randperm(len(families), generator=generator).tolist()
    kept = {families[place] for place in order[: round(share * len(families))]}
    return [family_of(path) in kept for path in paths]


def family_of(path: Path) -> str:
    """What files of one family share: the name up to the first of script, weight and style."""
    return path.stem.lower().split("-latin")[0].rstrip("-0123456789")


def drawings(
    fonts: Sequence[Font], characters: str, each: int, generator: torch.Generator
) -> "tuple[Tensor, Tensor]":
    """Every font's drawings of every character, `each` times: bytes `[n, 28, 28]`, and places in `characters` `[n]`.

    A font that lacks a character is left out there.
    """
    images: list[np.ndarray] = []
    labels: list[int] = []
    for font in fonts:
        for label, character in enumerate(characters):
            drawn = font.draw(character) if font.has(character) else None
            for _ in range(0 if drawn is None else each):
                assert drawn is not None
                images.append(as_digit(varied(drawn, generator)))
                labels.append(label)
    if not images:
        return torch.zeros(0, SIDE, SIDE, dtype=torch.uint8), torch.zeros(0, dtype=torch.long)
    return torch.from_numpy(np.stack(images)), torch.tensor(labels)


def varied(drawn: Image.Image, generator: torch.Generator) -> Image.Image:
    """The drawing with a slant, an angle, proportions and a pen of its own."""
    slant, turn, stretch = (torch.randn(3, generator=generator).clamp(-2.5, 2.5)).tolist()
    pen = float(torch.rand((), generator=generator))
    angle = TURN_DEVIATION * turn
    width = math.exp(STRETCH_DEVIATION * stretch)
    cosine, sine, shear = math.cos(angle), math.sin(angle), SLANT_DEVIATION * slant
    # From a place in the result to its place in the drawing, about the middle.
    a, b = cosine / width, shear + sine
    c, d = -sine / width, cosine
    middle = drawn.width / 2
    matrix = (a, b, middle - a * middle - b * middle, c, d, middle - c * middle - d * middle)
    moved = drawn.transform(drawn.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return with_pen(moved, THINNEST + (THICKEST - THINNEST) * pen)


def with_pen(drawn: Image.Image, share: float) -> Image.Image:
    """The drawing with strokes about as wide as a share of its longer side."""
    ink = np.asarray(drawn) > 127
    box = drawn.getbbox()
    if box is None or not ink.any():
        return drawn
    side = max(box[2] - box[0], box[3] - box[1])
    # A long stroke has two edges: its area is half its edge times its width.
    edge = int((ink[1:] != ink[:-1]).sum() + (ink[:, 1:] != ink[:, :-1]).sum()) * math.pi / 4
    change = (share * side - 2 * float(ink.sum()) / max(edge, 1.0)) / 2
    steps = max(-MOST_PEN_STEPS, min(MOST_PEN_STEPS, round(change)))
    if steps == 0:
        return drawn
    shaped = drawn.filter(
        ImageFilter.MaxFilter(2 * steps + 1) if steps > 0 else ImageFilter.MinFilter(1 - 2 * steps)
    )
    # A pen that would leave nothing of thin strokes stays as it is.
    left = int((np.asarray(shaped) > 127).sum())
    return shaped if left > 0.3 * int(ink.sum()) else drawn


def as_digit(drawn: Image.Image) -> np.ndarray:
    """The drawing as MNIST has digits, bytes `[28, 28]`: 20 pixels along its longer side, its mass in the middle."""
    box = drawn.getbbox()
    assert box is not None
    cut = drawn.crop(box)
    scale = BOX / max(cut.size)
    size = (max(1, round(scale * cut.width)), max(1, round(scale * cut.height)))
    small = np.asarray(cut.resize(size, Image.Resampling.BOX), dtype=np.float64)
    rows, columns = np.indices(small.shape)
    mass = max(float(small.sum()), 1e-9)
    top = round((SIDE - 1) / 2 - float((rows * small).sum()) / mass)
    left = round((SIDE - 1) / 2 - float((columns * small).sum()) / mass)
    top = max(0, min(SIDE - small.shape[0], top))
    left = max(0, min(SIDE - small.shape[1], left))
    image = np.zeros((SIDE, SIDE), dtype=np.uint8)
    # The brightest ink of a digit is white.
    bright = small * (255 / max(float(small.max()), 1.0))
    image[top : top + small.shape[0], left : left + small.shape[1]] = bright.round().astype(
        np.uint8
    )
    return image
