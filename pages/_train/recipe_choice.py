"""The recipes as cards: what each reaches and how long it takes; a click fills the form."""

from __future__ import annotations

import streamlit as st

from fmnist import formats
from fmnist.config import TrainConfig
from fmnist.recipes import RECIPES, Recipe
from pages._train.config_form import fill_form, read_form
from pages._train.plan import estimate
from pages._train.recipe import render_recipe

_CHOSEN = "train_recipe"  # the name of the recipe that the form was filled with
_IS_OPEN = "train_recipes"
_GROUPS = (
    ("Notebooks", "published by others, trained again here", False),
    ("Ours", "the best we know for the time", True),
)


def render_recipe_choice(image_count: int) -> None:
    """A button that opens the cards, and the lesson of the chosen one in a line that unfolds."""
    recipe = RECIPES.get(st.session_state.get(_CHOSEN) or "")
    opened = st.popover(_title(recipe), key=_IS_OPEN, on_change="rerun", width="stretch")
    with opened, st.container(key="recipe_cards"):
        _render_cards(recipe, image_count)
    if recipe:
        with st.expander("What it teaches", icon=":material/school:", type="compact"):
            render_recipe(recipe)


def _render_cards(chosen: Recipe | None, image_count: int) -> None:
    for group, promise, is_ours in _GROUPS:
        st.markdown(f"**{group}** :small[:gray[{promise}]]")
        with st.container(key=f"recipe_group_{group.lower()}"):
            for recipe in RECIPES.values():
                if recipe.is_ours == is_ours:
                    _render_card(recipe, image_count, is_chosen=recipe is chosen)
            if is_ours:
                _render_button("**Defaults**  \none convolution", None, "To begin with your own.")
    st.caption("Test accuracy as measured once; time as estimated for this machine.")


def _title(recipe: Recipe | None) -> str:
    """E.g. "Recipe: quick, changed"."""
    if recipe is None:
        return ":material/menu_book: Choose a recipe"
    shown = read_form().replace(dataset=recipe.config.dataset)
    is_changed = shown.differences(recipe.config).keys() - {"seed", "precision"}
    return f":material/menu_book: Recipe: **{recipe.name}**{', changed' if is_changed else ''}"


def _render_card(recipe: Recipe, image_count: int, *, is_chosen: bool) -> None:
    total = estimate(recipe.config, image_count).total_seconds(recipe.config.epochs)
    accuracy = f"{formats.percent(recipe.test_accuracy)} · " if recipe.test_accuracy else ""
    tick = ":material/check: " if is_chosen else ""
    label = f"{tick}**{recipe.name}**  \n{accuracy}{formats.rough_duration(total)}"
    _render_button(label, recipe, recipe.summary)


def _render_button(label: str, recipe: Recipe | None, explanation: str) -> None:
    st.button(
        label,
        key=f"train_recipe_{recipe.name if recipe else 'none'}",
        help=explanation,
        width="stretch",
        on_click=_choose,
        args=(recipe,),
    )


def _choose(recipe: Recipe | None) -> None:
    fill_form(recipe.config if recipe else TrainConfig())
    st.session_state[_IS_OPEN] = False
