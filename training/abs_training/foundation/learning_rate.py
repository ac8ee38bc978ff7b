"""How a learning rate falls."""

import math


def cosine(progress: float) -> float:
    """Falls from 1 to 0 along half a cosine as `progress` goes from 0 to 1."""
    return 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
