"""The pages of `app.py`, and what several of them share.

Streamlit takes a folder of this name for an app whose files are its pages, until `st.navigation`
is called: a server whose first visitor follows a link to /evaluate would run that file alone,
without the frame, and list every file beside it. Importing this package tells it otherwise.
"""

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager

if PagesManager.uses_pages_directory:
    PagesManager.uses_pages_directory = False
    st.rerun()
