"""`reading`: fits the networks by which `readDigits` parts lines and knows digits."""

import argparse
import sys
from pathlib import Path
from typing import Callable

from abs_training.commands.values import positive
from abs_training.foundation.checkpoint import write_atomically
from abs_training.reading.fit import fit_pieces, fit_seams, mean_loss, mean_piece_loss
from abs_training.reading.lines import read_lines
from abs_training.reading.pieces import read_pieces
from abs_training.reading.stored_network import module_text

HELD_OUT = 10
"""One of so many lines and pieces is only measured on."""


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--lines",
        type=Path,
        metavar="FILE",
        help="lines to fit seams to, as `bench/strings.ts --lines` writes them",
    )
    parser.add_argument(
        "--pieces",
        type=Path,
        metavar="FILE",
        help="pieces to know digits by, as `bench/strings.ts --pieces` writes them",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="receives seam-weights.ts and piece-weights.ts",
    )
    parser.add_argument("--epochs", type=positive, default=26, metavar="N", help="(26)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Fits and writes."""
    command = f"python3 -m abs_training reading --epochs {options.epochs} --seed {options.seed}"
    if options.lines is not None:
        lines = read_lines(options.lines)
        fitted = [line for place, line in enumerate(lines) if place % HELD_OUT]
        seams = fit_seams(fitted or lines, options.epochs, options.seed, reporter("seams"))
        text = module_text(seams.layers, "SEAM_NETWORK", command)
        write_atomically(options.out / "seam-weights.ts", text.encode("utf-8"))
        loss = mean_loss(seams, lines[::HELD_OUT])
        print(f"{len(fitted):,} lines; {loss:.4f} nats a pixel on others")
    if options.pieces is not None:
        pieces = read_pieces(options.pieces)
        # From one end, as pieces that follow each other share their ink.
        count = max(1, len(pieces.kinds) // HELD_OUT)
        others = pieces.part(slice(count))
        if count < len(pieces.kinds):
            pieces = pieces.part(slice(count, None))
        network = fit_pieces(pieces, options.epochs, options.seed, reporter("pieces"))
        text = module_text(network.layers, "PIECE_NETWORK", command)
        write_atomically(options.out / "piece-weights.ts", text.encode("utf-8"))
        loss = mean_piece_loss(network, others)
        print(f"{len(pieces.kinds):,} pieces; {loss:.4f} nats a piece on others")


def reporter(name: str) -> Callable[[int, float], None]:
    """Prints the loss of each epoch on the standard error stream."""

    def report(epoch: int, loss: float) -> None:
        print(f"{name}, epoch {epoch + 1}: {loss:.4f} nats", file=sys.stderr)

    return report
