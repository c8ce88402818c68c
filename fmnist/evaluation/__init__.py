"""Labels and probabilities become results: metrics, uncertainty, the model card."""
