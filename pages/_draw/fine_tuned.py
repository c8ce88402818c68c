"""What a fine-tuning gained and lost, whether its model is used for drawings, and undoing that."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.drawing import drawing_model, fine_tuning_runs
from fmnist.plain_text import markdown
from fmnist.runs import settings, store
from fmnist.runs.fine_tuned_record import Comparison
from fmnist.runs.store import Run
from pages._shared import allowed, model_in_hand, role, url

MOST_POINTS_LOST = 2.0  # of a hundred drawings that nobody corrected; beyond it is asked first


def render_fine_tuned(shown: Run | None) -> None:
    """The outcome of a fine-tuning, if there is one, and the choice of the model that is used.

    shown: that run, which has ended and was not stopped.
    """
    if "fine_tuned_problem" in st.session_state:
        st.error(markdown(st.session_state.pop("fine_tuned_problem")), icon=":material/error:")
    if shown:
        _render_outcome(shown)
    _render_choice(shown)


def _render_outcome(run: Run) -> None:
    """What the fine-tuning gained and lost, or why it ended without a model."""
    fine_tuned = run.fine_tuned
    if run.damaged:
        st.warning(
            f"The fine-tuned model is damaged: {markdown(run.damaged)}.",
            icon=":material/broken_image:",
        )
    elif run.status.status == "failed":
        st.error(f"Fine-tuning failed: {markdown(run.status.message)}", icon=":material/error:")
    else:
        rows = (
            ("Your corrections, which it learned", fine_tuned.on_corrections),
            ("Corrections it had not learned yet (cross-validated)", fine_tuned.cross_validated),
            ("Drawings nobody corrected", fine_tuned.drawings),
            (
                "Test look-alikes" if run.trained_on_standin else "Test photos",
                fine_tuned.photographs,
            ),
        )
        heading = f"**Fine-tuned {formats.day_and_time(run.run_id)}: what it gained and lost**"
        lines = [
            f"- {what}: {_count(pair)}{'' if pair is fine_tuned.on_corrections else _judge(pair)}"
            for what, pair in rows
            if pair is not None
        ]
        st.markdown("\n".join([heading, "", *lines]))
        st.caption(
            "Each line compares the model that comes with the Lab with the fine-tuned one on the "
            "same images. p: how likely chance alone makes a difference this large (McNemar's "
            "exact test)."
        )


def _count(pair: Comparison) -> str:
    """ "**421 of 600 right**, before 432"."""
    after, before, images = map(formats.count, (pair.after, pair.before, pair.images))
    return f"**{after} of {images} right**, before {before}"


def _judge(pair: Comparison) -> str:
    """ " (12 gained, 23 lost: may be chance, p = 0.09)"."""
    verdict = "more than chance" if pair.is_sure else "may be chance"
    p = "p < 0.001" if pair.p_value < 0.001 else f"p = {pair.p_value:.2g}"
    p = p.replace(" ", "\N{NO-BREAK SPACE}")
    return f" ({pair.gained:,} gained, {pair.lost:,} lost: {verdict}, {p})"


def _render_choice(shown: Run | None) -> None:
    """Whether the fine-tuned model is used for drawings, and the way back."""
    in_use = settings.read_drawing_run()
    is_shown = shown is not None and shown.run_id == in_use
    with st.container(horizontal=True, vertical_alignment="center"):
        if in_use and not drawing_model.find_drawing_model()[1]:
            which = "It" if is_shown else f"The one fine-tuned {formats.day_and_time(in_use)}"
            st.badge(f"{which} is used for drawings", icon=":material/check:", color="green")
        if shown and not shown.damaged and shown.status.status == "completed":
            if not is_shown:
                _render_use(shown)
            link = url.link(model=shown.run_id)
            st.page_link("pages/evaluate.py", label="Evaluate", query_params=link)
        if in_use:
            before = fine_tuning_runs.find_before(in_use)
            which = (
                f"the one fine-tuned {formats.day_and_time(before)}"
                if before
                else "the Lab's model"
            )
            _render_button(f"Undo: use {which} again", "undo", "fine_tuned_undo", before)


def _render_use(run: Run) -> None:
    """The button that takes the fine-tuned model in use; where it forgot a lot, it asks first."""
    drawings = run.fine_tuned.drawings
    if drawings is None or drawings.points_lost <= MOST_POINTS_LOST:
        _render_button("Use it for drawings", "check", "fine_tuned_use", run.run_id)
        return
    with st.popover("Use it for drawings", icon=":material/warning:", key="fine_tuned_ask"):
        st.markdown(
            f"It got worse at drawings nobody corrected: {_count(drawings)} "
            f"({drawings.points_lost:.1f} points fewer). A few more corrections, of other classes "
            "too, usually help."
        )
        _render_button("Use it anyway", "check", "fine_tuned_use", run.run_id)


def _render_button(label: str, icon: str, key: str, run_id: str) -> None:
    st.button(
        label,
        icon=f":material/{icon}:",
        key=key,
        disabled=not role.is_teacher(),
        help=None if role.is_teacher() else "Only the teacher may change the model for drawings.",
        on_click=_choose,
        args=(run_id,),
    )


def _choose(run_id: str) -> None:
    try:
        allowed.use_for_drawings(run_id)
    except (role.NotAllowed, store.RunsFolderError) as error:
        st.session_state["fine_tuned_problem"] = str(error)
        return
    model_in_hand.put_back_fine_tuned()
