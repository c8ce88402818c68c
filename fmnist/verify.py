"""The command `python -m fmnist verify` under the name that other tools expect."""

import sys

from fmnist.__main__ import main

if __name__ == "__main__":
    sys.exit(main(["verify", *sys.argv[1:]]))
