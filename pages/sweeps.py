"""Which settings are best? Many trainings over settings and seeds, compared as one."""

from __future__ import annotations

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.sweeps.sweep import SweepNotFound, list_sweeps, load_sweep
from pages._shared import standin, url
from pages._shared.data import dataset
from pages._sweeps import actions, detail, form, sweep_list

standin.render_banner()
st.title("Sweeps", anchor=False)
wanted = url.read("sweep")
if wanted:
    try:
        state = load_sweep(wanted)
    except SweepNotFound as error:
        url.write(sweep=None)
        st.warning(markdown(error), icon=":material/link_off:")
        wanted = None
if wanted:
    sweep_list.render_back()
    actions.render_problem()
    detail.render(state)
else:
    st.caption("Which settings are best? Train many of them, and compare.")
    actions.render_problem()
    found = list_sweeps()
    if found:
        sweep_list.render(found)
    form.render(dataset(), is_first=not found)
