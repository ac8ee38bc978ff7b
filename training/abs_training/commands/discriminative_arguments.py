"""What `train` is told of its last stage, in which the decoders are trained against each other."""

import argparse

from abs_training.commands.values import distance, positive, share, shares


def add_discriminative_arguments(parser: argparse.ArgumentParser) -> None:
    """The options after `--decoders`, whose help speaks of that stage."""
    parser.add_argument(
        "--averaged-share",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="share of that stage's steps, the last ones, over which its weights are averaged, at a learning rate that does "
        "not fall (default 0: the last weights, and it falls to 0)",
    )
    parser.add_argument(
        "--attack-radius",
        type=distance,
        default=2.0,
        metavar="L2",
        help="the discriminative stage moves images up to this far towards their best rival "
        "(default 2)",
    )
    parser.add_argument(
        "--attack-step",
        type=share,
        default=0.36,
        metavar="LINF",
        help="or every pixel by up to this much (default 0.36)",
    )
    parser.add_argument(
        "--attack-pixels",
        type=positive,
        default=20,
        metavar="N",
        help="or makes up to so many pixels black or white (default 20)",
    )
    parser.add_argument(
        "--attack-shares",
        type=shares,
        default=(1.0, 0.0, 0.0),
        metavar="L2,LINF,L0",
        help="shares of the images that it moves in each of these ways (default 1,0,0)",
    )
    parser.add_argument(
        "--attack-left",
        type=share,
        default=0.65,
        metavar="SHARE",
        help="share of the attacks' strength that is left at the end of that stage (default 0.65)",
    )
    parser.add_argument(
        "--hard-visits",
        type=positive,
        default=1,
        metavar="N",
        help="how often an epoch of that stage visits an image that is wrong or nearly so (default 1)",
    )
    parser.add_argument(
        "--searched-share",
        type=share,
        default=0.2,
        metavar="SHARE",
        help="share of images that are searched again before each epoch of that stage (default 0.2)",
    )
    parser.add_argument("--own-loss-weight", type=float, default=0.05)
    parser.add_argument(
        "--binarised-share",
        type=share,
        default=0.15,
        metavar="SHARE",
        help="share of images that the discriminative stage turns black and white (default 0.15)",
    )
    parser.add_argument(
        "--noisy-share",
        type=share,
        default=0.0,
        metavar="SHARE",
        help="share of images to which that stage adds gaussian noise (default 0)",
    )
    parser.add_argument(
        "--noise-deviation",
        type=share,
        default=0.5,
        metavar="SIGMA",
        help="largest standard deviation of that noise (default 0.5)",
    )
