"""Who answers: a word of this browser session, by which its own file is found."""

from __future__ import annotations

import secrets

import streamlit as st

_KEY = "challenge_token"


def token() -> str:
    """16 hexadecimal digits, the same in all of this session."""
    return st.session_state.setdefault(_KEY, secrets.token_hex(8))
