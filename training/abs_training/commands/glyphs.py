"""`glyphs`: draws characters of font files as image files, to train on or to judge a confidence on."""

import argparse
from pathlib import Path

from abs_training.commands.values import positive, share
from abs_training.foundation.randomness import generator_for
from abs_training.images.data import DataError, ImageSet
from abs_training.images.image_set_files import write_image_set

LETTERS = "AaCcdEeFfHhJKkLMmNnPpRrTtUuVvWwXxYy"
"""Those that nobody takes for a digit: without O, o, D, Q (0), I, i, l, j (1), Z, z (2), B (8), G, b (6), S, s (5), g, q (9)."""

SIGNS = "&@#%?=+<>*$€"


def add(parser: argparse.ArgumentParser) -> None:
    """Declares the command's options."""
    parser.set_defaults(run=run)
    parser.add_argument(
        "--fonts",
        type=Path,
        required=True,
        metavar="DIR",
        help="folder with font files, also in folders below",
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help="receives train-… from most fonts and t10k-… from those held out, with MNIST's file names",
    )
    parser.add_argument(
        "--files",
        default="*",
        metavar="PATTERN",
        help="only font files of such names, as web fonts come in many weights and scripts (default *)",
    )
    parser.add_argument(
        "--characters",
        default="0123456789",
        metavar="TEXT",
        help="what is drawn, each labelled by its place from 0 (default: the digits), or `letters` for letters and "
        "signs that are no digits",
    )
    parser.add_argument(
        "--each", type=positive, default=20, metavar="N", help="drawings of each per font (20)"
    )
    parser.add_argument(
        "--held-out",
        type=share,
        default=0.2,
        metavar="SHARE",
        help="share of the fonts that goes to t10k-… (default 0.2)",
    )
    parser.add_argument("--seed", type=int, default=0)


def run(options: argparse.Namespace) -> None:
    """Draws and writes."""
    # Only this command draws fonts, and only with libraries that the others do without.
    from abs_training.images.glyphs import Font, drawings, font_files, held_out

    characters = LETTERS + SIGNS if options.characters == "letters" else options.characters
    if len(set(characters)) != len(characters):
        raise DataError(f"--characters {characters!r} has a character twice")
    paths = font_files(options.fonts, options.files)
    apart = held_out(paths, options.held_out, generator_for(options.seed, "glyphs", "held out"))
    for prefix, kept in (("train", False), ("t10k", True)):
        fonts = [Font(path) for path, is_apart in zip(paths, apart) if is_apart == kept]
        generator = generator_for(options.seed, "glyphs", prefix)
        images, labels = drawings(fonts, characters, options.each, generator)
        write_image_set(options.out, prefix, ImageSet(images, labels))
        print(f"{prefix}: {len(images):,} drawings from {len(fonts)} fonts")
