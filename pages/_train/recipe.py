"""What a recipe teaches, and how a run of it compares with what its source published."""

from __future__ import annotations

import math

import streamlit as st

from fmnist import formats
from fmnist.evaluation.evaluate import wilson_interval
from fmnist.published import Figure, same_figures_of
from fmnist.recipes import Recipe, find_recipe
from fmnist.runs import outputs, store
from fmnist.runs.progress import read_curves
from fmnist.runs.store import Run

_HOW_TO_READ = (
    "In brackets: the 95 % interval of the test accuracy. Where no epoch is named, training "
    "figures are those of the last one. The published times are another computer's."
)
_WORD_JOINER = "\N{WORD JOINER}"  # no line ends here


def render_recipe(recipe: Recipe) -> None:
    """The network in a line, its published figures in another, then the lesson."""
    with st.container(gap="xsmall"):
        st.caption(recipe.summary, help=recipe.source)
        if recipe.published:
            over = "over " if recipe.published.is_lower_bound else ""
            figures = (
                f"{figure.label.lower()} **{over}{_spell(figure)}**"
                for figure in recipe.published.figures()
            )
            st.caption(f":material/menu_book: Published: {' · '.join(figures)}")
        st.caption(f":material/school: {recipe.lesson}")


def render_published_comparison(run: Run) -> None:
    """A finished run of a recipe beside the recipe's published figures; of any other, nothing."""
    recipe = find_recipe(run.config) if run.status.status == "completed" else None
    if recipe is None:
        return
    with st.container(border=True, key="live_comparison"):
        if recipe.published:
            st.markdown(
                f"##### Beside the published {recipe.name}", help=f"{recipe.source} {_HOW_TO_READ}"
            )
            st.table(_compare(run, recipe), border="horizontal", hide_index=True, hide_header=False)
        st.caption(f":material/school: {recipe.lesson}")


def _compare(run: Run, recipe: Recipe) -> dict[str, list[str]]:
    """The table's columns, in words."""
    published = recipe.published
    ours = same_figures_of(published, read_curves(run).history, outputs.read_results(run)).figures()
    over = "over " if published.is_lower_bound else ""
    pairs = list(zip(ours, published.figures(), strict=True))
    return {
        "Figure": [figure.label for figure in ours],
        "This run": [_spell(figure) + _interval(run, figure) for figure in ours],
        "Published": [over + _spell(figure) for _, figure in pairs],
        "Difference": [_difference(*pair) for pair in pairs],
    }


def _spell(figure: Figure) -> str:
    spell = {"accuracy": formats.percent, "loss": formats.loss, "seconds": formats.duration}
    return spell[figure.kind](figure.value)


def _interval(run: Run, figure: Figure) -> str:
    """The 95 % interval of the test accuracy; of any other figure, nothing."""
    if figure.label != "Test accuracy" or not 0 <= figure.value <= 1:  # also NaN
        return ""
    try:
        count = len(outputs.read_probabilities(run))
    except store.RunDamaged:
        return ""
    low, high = wilson_interval(round(figure.value * count), count)
    return f" ({100 * low:.1f}{_WORD_JOINER}–{_WORD_JOINER}{100 * high:.1f})"


def _difference(ours: Figure, published: Figure) -> str:
    """Points for accuracies, a factor for times: the published ones are another computer's."""
    if ours.kind == "seconds":
        return _speed(ours.value, published.value)
    change = ours.value - published.value
    if math.isnan(change):
        return "–"
    spelled = f"{100 * change:+.1f} points" if ours.kind == "accuracy" else f"{change:+.3f}"
    return spelled.replace("-", "\N{MINUS SIGN}").replace(" ", "\N{NO-BREAK SPACE}")


def _speed(ours: float, published: float) -> str:
    if not ours > 0:  # also NaN
        return "–"
    factor, word = max((published / ours, "faster"), (ours / published, "slower"))
    if factor < 1.05:
        return "as fast"
    return f"{factor:.{0 if factor >= 10 else 1}f}× {word}"
