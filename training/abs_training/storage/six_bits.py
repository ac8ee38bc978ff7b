"""Whole numbers as text: a character each, for multiples of a scale that is stored beside them (format/six-bits.ts)."""

from typing import Iterable

LARGEST = 31
"""Multiples go from -LARGEST to LARGEST…"""

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
"""…each as one of these, the first for -LARGEST: most are small, and so compress well."""


def as_text(multiples: Iterable[int]) -> str:
    """A character for each multiple. Raises ValueError for one that is out of range."""
    multiples = list(multiples)
    for multiple in multiples:
        if not -LARGEST <= multiple <= LARGEST:
            raise ValueError(f"{multiple} is no multiple from {-LARGEST} to {LARGEST}")
    return "".join(CHARACTERS[multiple + LARGEST] for multiple in multiples)


def from_text(text: str) -> list[int]:
    """The multiples that `as_text` wrote. Raises ValueError for other characters."""
    return [CHARACTERS.index(character, 0, 2 * LARGEST + 1) - LARGEST for character in text]
