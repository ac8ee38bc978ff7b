"""Saving a run's state so that an interrupted run continues where it stopped."""

import io
import os
from pathlib import Path
from typing import Any, Optional

import torch

SECONDS_BETWEEN_SAVES = 30.0
"""A stage that goes on longer saves its state this often."""


def pack(state: Any) -> bytes:
    """A state of tensors, integers, strings, lists and dictionaries as bytes."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    return buffer.getvalue()


def unpack(content: bytes) -> Any:
    """The state that `pack` was given, on the CPU."""
    return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file such that a crash leaves either the old or the new content.

    What a killed run leaves beside it, named as the file with `.part`, the next one overwrites.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".part")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        # A full disk, or Ctrl-C.
        if temporary.is_file():
            temporary.unlink()
        raise


class Checkpoint:
    """The states of a run's stages in one folder, a file for each."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """`fingerprint` tells runs with other settings or data apart."""
        self._folder = folder
        self._fingerprint = fingerprint

    def save(self, stage: str, state: Any) -> None:
        """Replaces the stage's state."""
        content = pack({"fingerprint": self._fingerprint, "state": state})
        write_atomically(self._path(stage), content)

    def load(self, stage: str) -> Optional[Any]:
        """The stage's state, or none if there is none of a run with equal settings and data."""
        path = self._path(stage)
        if not path.is_file():
            return None
        content = unpack(path.read_bytes())
        return content["state"] if content["fingerprint"] == self._fingerprint else None

    def _path(self, stage: str) -> Path:
        return _state_file(self._folder, stage)


def saved_state(folder: Path, stage: str) -> Optional[Any]:
    """The stage's state in a folder, of a run of whatever settings; none if there is none."""
    path = _state_file(folder, stage)
    return unpack(path.read_bytes())["state"] if path.is_file() else None


def _state_file(folder: Path, stage: str) -> Path:
    return folder / f"{stage}.checkpoint"
