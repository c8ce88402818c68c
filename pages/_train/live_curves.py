"""The curves of a watched run, with those of the run before behind them, and their one toggle."""

from __future__ import annotations

import functools
import threading
from typing import Any

import streamlit as st
from streamlit.dataframe_util import convert_anything_to_arrow_bytes

from fmnist.figures.live import Before, plot_history
from fmnist.runs import progress, store
from fmnist.runs.progress import Curves
from fmnist.runs.related import find_previous
from fmnist.runs.store import Run

HEIGHTS = {"accuracy": 210, "loss": 165}  # pixels; the legend of both is above the first


def read_before(run: Run) -> Before | None:
    """The curves of the run to compare this one with."""
    before = previous_run(run)
    return before and Before(before.run_id, before.title, progress.read_curves(before).history)


def render_curves(run: Run, curves: Curves, before: Before | None) -> None:
    """Accuracy and loss; those of a run that has ended end where it did."""
    with st.container(key="live_zoom_row", horizontal=True, horizontal_alignment="right"):
        is_zoomed = st.toggle(
            "Zoom to the end",
            key="live_zoom",
            help="Shows the later half of the epochs, as large as it goes.",
            persist_state="session",
        )
    epochs = run.config.epochs if run.is_live else None
    for metric in HEIGHTS:
        with _making:  # of thirty people who look, the first makes it and the others wait
            spec = _chart(curves, metric, epochs, run.status.steps_per_epoch, before, is_zoomed)
        st.vega_lite_chart(spec=spec, height=HEIGHTS[metric], key=f"live_{metric}")


_making = threading.Lock()


@functools.lru_cache(maxsize=64)
def _chart(
    curves: Curves,
    metric: str,
    epochs: int | None,
    steps_per_epoch: int | None,
    before: Before | None,
    is_zoomed: bool,
) -> dict[str, Any]:
    """The chart with its rows as they are sent, made once for all who look at it."""
    chart = plot_history(
        curves.history,
        curves.batches,
        metric,
        epochs=epochs,
        steps_per_epoch=steps_per_epoch,
        before=before,
        is_zoomed=is_zoomed,
    )
    rows = convert_anything_to_arrow_bytes(chart.rows)
    return {**chart.spec, "data": {"name": "rows"}, "datasets": {"rows": rows}}


def previous_run(run: Run) -> Run | None:
    """The run to compare this one with."""
    return _find_previous(str(store.runs_dir()), run.run_id, run.status.started_at, run)


@st.cache_resource(show_spinner=False, max_entries=100, ttl=60)
def _find_previous(folder: str, run_id: str, started_at: float | None, _run: Run) -> Run | None:
    """Looked for once a minute, by everybody together: all runs have to be read."""
    return find_previous(_run, store.list_runs())
