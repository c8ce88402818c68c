"""The Fashion-MNIST Lab: `streamlit run app.py`. The page list and the frame, nothing else."""

from pathlib import Path

import streamlit as st

from pages._evaluate import questions
from pages._shared import done_once, engine, sidebar, style
from pages._start import steps

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Fashion-MNIST Lab",
    page_icon=str(HERE / ".streamlit" / "favicon.png"),  # a file: works without a network
    layout="wide",
)
done_once.do_once()
style.render_frame()
pages = [
    st.Page("pages/start.py", title="Start", icon=":material/home:", default=True),
    st.Page("pages/browse.py", title="Browse", icon=":material/grid_view:"),
    st.Page("pages/train.py", title="Train", icon=":material/model_training:"),
    st.Page("pages/experiments.py", title="Experiments", icon=":material/science:"),
    st.Page("pages/sweeps.py", title="Sweeps", icon=":material/tune:"),
    st.Page("pages/runs.py", title="Runs", icon=":material/list_alt:"),
    st.Page("pages/evaluate.py", title="Evaluate", icon=":material/query_stats:"),
    *(
        st.Page(f"pages/{name}.py", title=title, icon=icon)
        for name, (title, icon) in questions.BESIDE_SCORES.items()
    ),
    st.Page("pages/inside.py", title="Inside", icon=":material/visibility:"),
    st.Page("pages/draw.py", title="Draw", icon=":material/draw:"),
]
page = st.navigation(pages, position="hidden")
sidebar.render(page, pages)
steps.note_visit(page.url_path)
page.run()
engine.warm_soon()
