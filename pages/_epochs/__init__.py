"""Parts of the page Epochs."""
