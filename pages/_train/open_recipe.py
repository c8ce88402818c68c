"""A link may open Train with a recipe: `?recipe=quick`."""

from __future__ import annotations

from fmnist.recipes import RECIPES
from pages._shared import url
from pages._train.config_form import fill_form


def fill_from_address() -> None:
    """Move the form to the recipe in the address, once; call it before the form is drawn."""
    recipe = RECIPES.get(url.read("recipe") or "")
    if recipe:
        fill_form(recipe.config)
    url.write(recipe=None)
