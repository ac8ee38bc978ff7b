"""How large a model may be, so that every reader accepts what is trained.

The same names and numbers as in `format/limits.ts`, by which the package reads weights; a test holds
both together. `docs/weights-format.md` puts them into words.
"""

LEAST_CLASSES = 2
MOST_CLASSES = 64
LEAST_LATENTS = 2
MOST_LATENTS = 32

MOST_CHANNELS = 1024
"""Of any layer."""

LARGEST_SIDE = 64
"""Height and width of any layer's output."""

LARGEST_KERNEL = 28
"""Of a transposed convolution."""

LARGEST_STRIDE = 7
"""Likewise."""

MOST_RACE_UNITS = 1024
"""Columns of any of the race's tables."""

MOST_CANDIDATES = 8
"""Latents that the race's tables propose for each class."""
