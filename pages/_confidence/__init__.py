"""The parts of the Confidence page."""
