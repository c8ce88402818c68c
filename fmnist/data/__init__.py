"""Datasets: where they come from, their arrays and splits, what people import, the stand-in."""
