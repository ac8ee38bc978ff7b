"""What each way of storing the weights costs: bytes on one side, changed decisions on the other."""

import dataclasses
import gzip
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Iterator

import torch
from torch import Tensor

from abs_training.confidence.calibration import Quality, quality
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import PIXELS, ImageSet, to_unit_range
from abs_training.search.inference import paper_samples, search_likely_classes
from abs_training.storage.quantization import STORAGES
from abs_training.weights.weights_file import Weights, read_weights, write_weights

SAMPLES = 1000
"""Latents drawn from the prior from which a search may start, besides the file's prototypes."""

HEADINGS = (
    *("storage", "bytes", "gzip", "largest change", "mean change"),
    *("decisions changed", "accuracy", "cross-entropy"),
)


@dataclass(frozen=True)
class StorageFigures:
    """One way of storing, measured against the weights as they are."""

    name: str
    file_bytes: int
    gzip_bytes: int
    """Of the whole file, compressed at level 9."""
    largest_change: float
    """Largest change of the winner's loss, times 784."""
    mean_change: float
    """Mean magnitude of that change."""
    decisions_changed: int
    quality: Quality

    def cells(self) -> tuple[str, ...]:
        """As text, in the order of `HEADINGS`."""
        return (
            *(self.name, f"{self.file_bytes:,}", f"{self.gzip_bytes:,}"),
            *(f"{self.largest_change:.3f}", f"{self.mean_change:.4f}"),
            *(str(self.decisions_changed), f"{100 * self.quality.accuracy:.2f} %"),
            f"{self.quality.cross_entropy:.4f}",
        )


def storage_figures(
    weights: Weights, images: ImageSet, names: list[str], seed: int, workers: int
) -> Iterator[StorageFigures]:
    """Stores the weights in each way named, reads them back and classifies the images."""
    values = weights.assumptions.seen(to_unit_range(images.images)).flatten(1)
    reference = _losses(weights, values, seed, workers)
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "weights.safetensors"
            write_weights(path, dataclasses.replace(weights, storage=STORAGES[name]))
            content = path.read_bytes()
            stored = read_weights(path)
        losses = reference if name == "float32" else _losses(stored, values, seed, workers)
        change = PIXELS * (losses.min(1).values - reference.min(1).values)
        yield StorageFigures(
            name=name,
            file_bytes=len(content),
            gzip_bytes=len(gzip.compress(content, 9, mtime=0)),
            largest_change=float(change.abs().max()),
            mean_change=float(change.abs().mean()),
            decisions_changed=int((losses.argmin(1) != reference.argmin(1)).sum()),
            quality=quality(losses, images.labels),
        )


def _losses(weights: Weights, values: Tensor, seed: int, workers: int) -> Tensor:
    generator = generator_for(seed, "storage samples")
    samples = paper_samples(SAMPLES, weights.decoders[0].latents, generator)
    starts = [samples] * len(weights.decoders)
    if weights.prototypes is not None:
        starts = [torch.cat([own, samples]) for own in weights.prototypes]
    return search_likely_classes(
        weights.decoders, values, starts, weights.assumptions, workers
    ).double()
