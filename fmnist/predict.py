"""The command `python -m fmnist predict` under its older name, which is in print."""

import sys

from fmnist.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["predict", *sys.argv[1:]]))
