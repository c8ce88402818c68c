"""Whose prediction it is."""

from __future__ import annotations

from pages._challenge.person import token


def me() -> str:
    """16 hexadecimal digits."""
    return token()
