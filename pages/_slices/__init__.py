"""Parts of the page Weak spots."""
