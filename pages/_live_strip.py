"""The training under way, in the sidebar of every page."""

from __future__ import annotations


def render() -> None:
    """Nothing while nothing trains."""
