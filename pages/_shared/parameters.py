"""The parameters of an address: what each is called, and what a text in it may be."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fmnist.classroom.challenges import parse_key
from fmnist.classroom.experiments import EXPERIMENTS
from fmnist.config import DATASET_SLUG
from fmnist.data.dataset import STANDARD
from fmnist.drawing.strokes import MAX_LINK, from_link, to_link
from fmnist.evaluation.corruptions import CORRUPTIONS
from fmnist.explain.by_hand import KERNEL_WORDS
from fmnist.plain_text import clean
from fmnist.runs.store import RUN_ID

MOST_CORNERS = 60  # of an outline on the map
_MAX_LENGTH = 600  # characters of most parameters: ten run ids fit


@dataclass(frozen=True)
class Parameter:
    """`parse` turns the text into a value or raises ValueError; `expected` says what is allowed."""

    default: Any
    parse: Callable[[str], Any]
    expected: str
    format: Callable[[Any], str] = str
    longest: int = _MAX_LENGTH


def _whole(low: int, high: int, default: int | None = None) -> Parameter:
    def parse(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,10}", text) or not low <= int(text) <= high:
            raise ValueError
        return int(text)

    return Parameter(default, parse, f"a whole number from {low} to {high}")


def _choice(*choices: str) -> Parameter:
    def parse(text: str) -> str:
        if text not in choices:
            raise ValueError
        return text

    return Parameter(choices[0], parse, f"one of {', '.join(choices)}")


def _list_of(one: Parameter, most: int) -> Parameter:
    def parse(text: str) -> list[Any]:
        values = [one.parse(part) for part in text.split(",")] if text else []
        if len(values) > most:
            raise ValueError
        return list(dict.fromkeys(values))

    expected = f"up to {most} values separated by commas, each {one.expected}"
    return Parameter([], parse, expected, lambda values: ",".join(map(str, values)))


def _run_id(text: str) -> str:
    if text != "bundled" and not RUN_ID.fullmatch(text):
        raise ValueError
    return text


def _sweep_id(text: str) -> str:
    if not RUN_ID.fullmatch(text):
        raise ValueError
    return text


def _slug(text: str) -> str:
    if not DATASET_SLUG.fullmatch(text):
        raise ValueError
    return text


def _word(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9-]{1,30}", text):
        raise ValueError
    return text


def _layer(text: str) -> str:
    if not re.fullmatch(r"[\w.>/ -]{1,80}", text):
        raise ValueError
    return text


def _experiment(text: str) -> str:
    if text not in EXPERIMENTS:
        raise ValueError
    return text


def _slice(text: str) -> str:
    if not re.fullmatch(r"(all|[0-9])(-[a-z]{1,12}){1,2}", text):
        raise ValueError
    return text


def _corner(text: str) -> tuple[int, int]:
    if not re.fullmatch(r"[0-9]{1,3}\.[0-9]{1,3}", text):
        raise ValueError
    x, y = text.split(".")
    return int(x), int(y)


_CLASS = _whole(0, 9)
_YES_OR_NO = Parameter(False, lambda text: bool(_whole(0, 1).parse(text)), "0 or 1", "{:d}".format)
_A_RUN = Parameter(None, _run_id, "the id of a run")

PARAMETERS: dict[str, Parameter] = {
    "data": Parameter(STANDARD, _slug, "the short name of a dataset"),
    "model": _A_RUN,
    "run": _A_RUN,
    "sweep": Parameter(None, _sweep_id, "the id of a sweep"),
    "runs": _list_of(_A_RUN, 10),
    "shown": Parameter(
        None,
        lambda text: [] if text == "none" else _list_of(_A_RUN, 10).parse(text),
        "the ids of up to 10 runs, separated by commas, or none",
        lambda run_ids: ",".join(run_ids) or "none",
    ),
    "chart": _choice("curves", "compute"),
    "metric": _choice("accuracy", "loss", "learning_rate"),
    "curves": _choice("val", "train", "both"),
    "along": _choice("epochs", "seconds"),
    "smoothing": _whole(0, 95, 0),
    "find": Parameter("", lambda text: clean(text, 60), "words to look for"),
    "group": _YES_OR_NO,
    "split": _choice("train", "test"),
    "seed": _whole(0, 2**31 - 1, 0),
    "classes": _list_of(_CLASS, 10),
    "count": _whole(25, 400, 100),
    "index": _whole(0, 999_999),
    "true": _CLASS,
    "predicted": _CLASS,
    "show": _choice("wrong", "right", "all"),
    "sort": _choice("mistake", "uncertain", "index"),
    "min_confidence": _whole(0, 100, 0),
    "max_confidence": _whole(0, 100, 100),
    "honest": _YES_OR_NO,
    "judged": _YES_OR_NO,
    "surer": _whole(0, 99, 90),
    "confidence": _choice("predicted", "scaled"),
    "matrix": _choice("counts", "rows", "share", "errors"),
    "view": Parameter(None, _word, "a short word"),
    "page": _whole(1, 10_000, 1),
    "projection": _choice("pca", "tsne"),
    "colour": _choice("true", "predicted", "result"),
    "points": _choice("all", "wrong", "right"),
    "outline": Parameter(
        [],
        _list_of(Parameter(None, _corner, "a place on the map"), MOST_CORNERS).parse,
        f"up to {MOST_CORNERS} places on the map",
        lambda corners: ",".join(f"{x}.{y}" for x, y in corners),
    ),
    "epoch": _whole(1, 9999),
    "corruption": _choice(*CORRUPTIONS),
    "against": _A_RUN,
    "slice": Parameter(None, _slice, "a weak spot as the page Weak spots names it"),
    "recipe": Parameter(None, _word, "the name of a recipe"),
    "section": Parameter(None, _word, "a short word"),
    "operation": _choice("convolution", "max", "average"),
    "kernel": _choice(*KERNEL_WORDS),
    "stride": _whole(1, 3, 1),
    "padding": _choice("valid", "same"),
    "layer": Parameter(None, _layer, "the name of a layer"),
    "filter": _whole(0, 4095),
    "challenge": Parameter(None, parse_key, "a challenge as its link names it"),
    "experiment": Parameter(None, _experiment, f"one of {', '.join(EXPERIMENTS)}"),
    "drawing": Parameter((), from_link, "a drawing as the Draw page shares it", to_link, MAX_LINK),
}
