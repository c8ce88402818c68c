"""The library of the Fashion-MNIST Lab: data, models, runs and figures; it knows no screen."""

from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent  # the folder that holds app.py
