"""Drawings: strokes, preprocessing, the model that answers for them, corrections."""
