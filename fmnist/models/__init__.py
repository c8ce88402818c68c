"""From a config to a network: its layers, its shapes, the arithmetic it is computed in."""
