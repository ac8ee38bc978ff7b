"""Random generators derived from names, so that any part of a run can be repeated on its own."""

import hashlib

import torch


def generator_for(seed: int, *parts: object) -> torch.Generator:
    """A CPU generator that depends on nothing but the seed and the given parts.

    Every epoch (or batch) of every class asks for its own generator, so results depend neither on
    how the work was spread over processes nor on where a run was interrupted.
    """
    text = "/".join([str(seed), *(str(part) for part in parts)])
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return torch.Generator().manual_seed(int.from_bytes(digest[:8], "little") >> 1)
