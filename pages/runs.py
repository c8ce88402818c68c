"""What have we trained, and how do the runs compare?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import streamlit as st

from fmnist.plain_text import markdown
from fmnist.runs import store
from fmnist.runs.store import Run
from fmnist.runs.tables import summary_table
from pages._runs import actions, comparison, import_findings, import_model
from pages._runs.table import WIDTHS, in_display_form
from pages._shared import standin, url

if TYPE_CHECKING:
    import pandas as pd

TICK = 3.0  # seconds between two looks while something trains
_MOST_COMPARED = 10  # runs in one chart, and in the address


def _render_empty() -> None:
    with st.container(border=True):
        st.markdown("##### :material/list_alt: No run of your own yet")
        st.markdown("Every training is kept here with its settings, curves and scores.")
        st.page_link("pages/train.py", label="Train the first one", icon=":material/play_arrow:")


def _render_body(was_live: bool) -> None:
    everything = store.list_runs_and_bundled()
    if was_live != any(run.is_live for run in everything):
        st.rerun()  # the whole page: it begins or ends to look again by itself
    if all(run.is_bundled for run in everything):
        _render_empty()
    if not everything:
        return
    table = summary_table(everything)
    chosen = _render_table(everything, table)
    if not chosen:
        actions.render_without_choice(table)
        return
    actions.render_actions(chosen)
    if len(chosen) == 1:
        import_findings.render_findings(chosen[0])
    comparison.render(chosen[:_MOST_COMPARED])


def _render_table(everything: list[Run], table: pd.DataFrame) -> list[Run]:
    """Draw all runs; returns those selected, which the address keeps."""
    ids = [run.run_id for run in everything]
    wanted = url.read("runs") or [run_id for run_id in [url.read("run")] if run_id in ids]
    for run_id in wanted:
        if run_id not in ids:
            st.warning(
                f"There is no run “{markdown(run_id)}”: it may have been deleted.",
                icon=":material/link_off:",
            )
    # A selection is kept by position: another list of runs is another table, selected anew.
    key = f"runs_table_{hash(tuple(ids))}"
    state = st.dataframe(
        in_display_form(table),
        key=key,
        hide_index=True,
        on_select=lambda: _keep_selection(ids, st.session_state[key].selection.rows),
        selection_mode="multi-row",
        selection_default={"selection": {"rows": [ids.index(i) for i in wanted if i in ids]}},
        column_config=WIDTHS,
        placeholder="–",
        alt="All runs with their settings and scores",
    )
    return [everything[row] for row in state.selection.rows if row < len(everything)]


def _keep_selection(ids: list[str], rows: list[int]) -> None:
    url.write(runs=[ids[row] for row in rows][:_MOST_COMPARED])


standin.render_banner()
st.title("Runs")
st.caption("Every training, its settings and its scores.")
import_model.render_form()
is_live = any(run.is_live for run in store.list_runs())
st.fragment(_render_body, run_every=TICK if is_live else None)(is_live)
