"""`seams`: fits the network that tells `readDigits` where digits part."""

import argparse
import sys
from pathlib import Path

from abs_training.commands.values import positive
from abs_training.seams.fit import fit_seams, mean_loss
from abs_training.seams.lines import read_lines
from abs_training.seams.network import module_text


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--lines",
        type=Path,
        required=True,
        metavar="FILE",
        help="lines to fit to, as `bench/strings.ts --lines` writes them; every tenth is only measured on",
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="the TypeScript module to write"
    )
    parser.add_argument("--epochs", type=positive, default=12, metavar="N", help="(12)")
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Fits and writes."""
    lines = read_lines(options.lines)
    held_out = lines[::10]
    fitted = [line for place, line in enumerate(lines) if place % 10]

    def report(epoch: int, loss: float) -> None:
        print(f"epoch {epoch + 1}: {loss:.4f} nats a pixel", file=sys.stderr)

    network = fit_seams(fitted or lines, options.epochs, options.seed, report)
    command = f"python3 -m abs_training seams --epochs {options.epochs} --seed {options.seed}"
    options.out.write_text(module_text(network, command), encoding="utf-8")
    print(f"{len(fitted):,} lines; {mean_loss(network, held_out):.4f} nats a pixel on others")
