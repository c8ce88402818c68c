"""Start: what is this, and what do I do first?"""

import streamlit as st

from pages._shared.style import style_beside
from pages._start import drawing, garments, steps

st.html(style_beside(__file__, "_start/start.css"))
with st.container(horizontal=True, vertical_alignment="bottom", key="start_title"):
    st.title("Fashion-MNIST Lab", anchor=False, width="content")
    st.markdown(
        "Train neural networks to recognise clothes, see where they fail, and teach them "
        "your own drawings."
    )
strip = st.container(key="start_garments")
board = st.container()
steps.render()
with strip:
    garments.render()
with board:
    drawing.render()
