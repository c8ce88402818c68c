"""What have we trained, how do the runs compare, and is the difference real?"""

from __future__ import annotations

import streamlit as st

from fmnist.imported.start import keep_checking
from fmnist.runs import store
from fmnist.runs.listing import filter_by_words, group_over_seeds, group_sweeps
from fmnist.runs.store import Run
from fmnist.runs.tables import Summary, summarise
from pages._runs import actions, charts, choice, comparison, detail, import_model, table
from pages._runs.columns import STATUS_NAMES
from pages._shared import all_runs, standin, url
from pages._train.config_labels import LABELS

TICK = 3.0  # seconds between two looks while something trains


def _render_empty() -> None:
    with st.container(border=True):
        st.markdown("##### :material/list_alt: No run of your own yet")
        st.markdown("Every training is kept here with its settings, curves and scores.")
        st.page_link(
            "pages/train.py",
            label="Train the first one",
            icon=":material/play_arrow:",
            query_params=url.link(),
        )


def _render_body(was_live: bool, just_read: list[list[Run]]) -> None:
    """just_read: all runs, for the first look; later ones find them taken and read again."""
    everything = just_read.pop() if just_read else store.list_runs_and_bundled()
    keep_checking(everything)
    if was_live != any(run.is_live for run in everything):
        st.rerun()  # the whole page: it begins or ends to look again by itself
    if all(run.is_bundled for run in everything):
        _render_empty()
    if not everything:
        return
    runs = {run.run_id: run for run in everything}
    summaries = summarise(everything)
    above = st.container()  # the chart stands above what chooses its curves
    listed = _render_filter(summaries)
    groups = group_over_seeds(listed) if url.read("group") else group_sweeps(listed)
    view, names = choice.draw_as_one(choice.read_view(summaries, listed), groups)
    with above:
        shown = [runs[run_id] for run_id in view.shown]
        charts.render_charts(shown, actions.tell_apart(shown), view, names, listed)
    if listed:
        table.render_table(groups, view)
    else:
        st.info("No run fits this filter.", icon=":material/filter_alt_off:")
    _render_chosen(runs, summaries, listed, view)


def _render_filter(summaries: list[Summary]) -> list[Summary]:
    """Returns the runs to list."""
    with st.container(horizontal=True, vertical_alignment="center"):
        words = st.text_input(
            "Filter",
            placeholder="Filter by name, tag, note, status or setting",
            max_chars=60,
            icon=":material/filter_alt:",
            label_visibility="collapsed",
            width=360,
            **url.bind("find"),
        )
        st.toggle(
            "Group seeds",
            help="Runs with the same settings except for the seed, with mean ± standard deviation.",
            **url.bind("group"),
        )
        listed = filter_by_words(summaries, words, STATUS_NAMES, LABELS)
        count = f"{len(listed):,} of {len(summaries):,}" if words else f"{len(summaries):,}"
        st.caption(f"{count} {'run' if len(summaries) == 1 else 'runs'}", width="content")
    return listed


def _render_chosen(
    runs: dict[str, Run], summaries: list[Summary], listed: list[Summary], view: choice.View
) -> None:
    """What can be done with the runs selected and in sight, the run opened, and the comparison."""
    in_sight = set(view.selected) & {summary.run_id for summary in listed}
    chosen = [run for run_id, run in runs.items() if run_id in in_sight]
    actions.render_problem()
    actions.render_actions(chosen, [runs[summary.run_id] for summary in listed])
    if view.opened:
        opened = next(summary for summary in summaries if summary.run_id == view.opened)
        known_tags = sorted({tag for summary in summaries for tag in summary.tags})
        detail.render_detail(runs[view.opened], opened, known_tags)
    if len(chosen) > 1:
        comparison.render_comparison(chosen, actions.tell_apart(chosen, 24), summaries)


standin.render_banner()
heading, importing = st.columns(2, vertical_alignment="top")
heading.title("Runs")
with importing:
    import_model.render_form()
everything = all_runs.take()
is_live = any(run.is_live for run in everything)
st.fragment(_render_body, run_every=TICK if is_live else None)(is_live, [everything])
