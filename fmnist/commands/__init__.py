"""The commands behind `python -m fmnist COMMAND`, one file each; nothing in the library needs them.

Each has `build_parser()` and `main(arguments)`, which returns the exit code.
"""
