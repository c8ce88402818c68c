"""Parts of the page Draw."""
