"""Entry point of `python3 -m abs_training`."""

import sys

from abs_training.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
