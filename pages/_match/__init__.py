"""Parts of the page You against the model."""
