"""Four steps through the Lab, ticked as they are done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections
from fmnist.drawing.corrections import CorrectionError
from fmnist.runs.store import Run
from pages._shared import all_runs, url

_SEEN = "steps_seen"  # of this session: paths of pages
_SHIRT = CLASS_NAMES.index("Shirt")


@dataclass(frozen=True)
class _Step:
    heading: str
    words: str
    icon: str
    page: str
    is_done: Callable[[list[Run]], bool]
    opened: dict[str, Any] = field(default_factory=dict)  # what of the page


def note_visit(page: str) -> None:
    """Remember what was looked at: Browse, or images in Evaluate."""
    names = {name for name in ("index", "true", "predicted") if name in st.query_params}
    if page == "evaluate" and not names and st.query_params.get("view") != "images":
        return
    st.session_state.setdefault(_SEEN, set()).add(page)


def _has_seen(page: str) -> bool:
    return page in st.session_state.get(_SEEN, ())


def _has_trained(runs: list[Run]) -> bool:
    return any(
        run.status.status == "completed" and not (run.imported_model or run.fine_tuned)
        for run in runs
    )


def _has_corrected(runs: list[Run]) -> bool:
    try:
        kept = corrections.read_corrections().corrections
    except CorrectionError:  # Draw says so
        kept = ()
    return bool(kept) or any(run.fine_tuned for run in runs)


_STEPS = (
    _Step(
        "See the data",
        "70,000 pictures of clothes in ten classes, pixel by pixel.",
        "grid_view",
        "browse",
        lambda _runs: _has_seen("browse"),
    ),
    _Step(
        "Train",
        "The quick recipe gets nine in ten right after a minute or two.",
        "model_training",
        "train",
        _has_trained,
        {"recipe": "quick"},
    ),
    _Step(
        "Find mistakes",
        "See the shirts that the model takes for something else.",
        "query_stats",
        "evaluate",
        lambda _runs: _has_seen("evaluate"),
        {"view": "images", "true": _SHIRT},
    ),
    _Step(
        "Teach it",
        "Correct what it gets wrong in your drawings, then fine-tune it.",
        "school",
        "draw",
        _has_corrected,
        {"section": "teach-it"},
    ),
)


def render() -> None:
    """Four cards in a row, or one below the other on a phone; each is a link."""
    runs = all_runs.take_own()
    with st.container(horizontal=True, gap="small", key="start_steps"):
        for number, step in enumerate(_STEPS, start=1):
            is_done = step.is_done(runs)
            key = f"start_step_{number}{'_done' if is_done else ''}"
            with st.container(border=True, key=key, gap="xxsmall"):
                _render(number, step, is_done)


def _render(number: int, step: _Step, is_done: bool) -> None:
    st.page_link(
        f"pages/{step.page}.py",
        label=f"**{number}. {step.heading}**",
        icon=":material/check_circle:" if is_done else f":material/{step.icon}:",
        query_params=url.link(**step.opened),
    )
    st.caption(f"{step.words}{' **Done.**' if is_done else ''}")
