"""Entry point of `python3 -m abs_training`."""

import os
import sys

# Before PyTorch loads it: the trainer's own workers already use every core.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from abs_training.cli import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
