"""`confidence-sets`: writes clean, corrupted and junk images, on which a confidence is judged."""

import argparse
import json
import struct
from pathlib import Path

import numpy as np
import torch

from abs_training.commands.arguments import add_split_arguments, positive
from abs_training.confidence_sets import LabelledSet, sets_for_report
from abs_training.data import IMAGES_MAGIC, LABELS_MAGIC, SIDE, read_image_set, split_training


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    add_split_arguments(parser)
    parser.add_argument(
        "--corrupted", type=positive, default=1000, metavar="N", help="of each corruption (1000)"
    )
    parser.add_argument(
        "--junk", type=positive, default=1000, metavar="N", help="of each kind (1000)"
    )


def run(options: argparse.Namespace) -> None:
    """Writes idx files and `sets.json`, which lists them."""
    image_set, _ = read_image_set(options.data, "t10k" if options.split == "test" else "train")
    if options.split == "validation":
        _, image_set = split_training(image_set)
    if options.limit is not None:
        image_set = image_set.first(options.limit)
    options.out.mkdir(parents=True, exist_ok=True)
    names: list[dict[str, object]] = []
    for kind, of_kind in sets_for_report(image_set, options.corrupted, options.junk).items():
        names.append({"kind": kind, "images": _write_set(options.out, kind, of_kind)})
        names[-1]["labels"] = of_kind.labels is not None
    (options.out / "sets.json").write_text(json.dumps(names, indent=2) + "\n", "utf-8")


def _write_set(folder: Path, kind: str, of_kind: LabelledSet) -> str:
    """Writes idx files and returns their common name."""
    name = kind.replace(" ", "-")
    values = (of_kind.images * 255).round().to(torch.uint8).numpy()
    header = struct.pack(">4I", IMAGES_MAGIC, len(values), SIDE, SIDE)
    (folder / f"{name}-images-idx3-ubyte").write_bytes(header + values.tobytes())
    if of_kind.labels is not None:
        labels = of_kind.labels.numpy().astype(np.uint8)
        header = struct.pack(">2I", LABELS_MAGIC, len(labels))
        (folder / f"{name}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return name
