"""The command `python -m fmnist train` under its older name, which is in print."""

import sys

from fmnist.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["train", *sys.argv[1:]]))
