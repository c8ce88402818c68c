"""Opening a page as a visitor does, and reading what it says."""

import json
from pathlib import Path

from streamlit.testing.v1 import AppTest

APP = Path(__file__).parents[2] / "app.py"
WORD_KINDS = (
    "title", "subheader", "markdown", "caption", "info", "warning", "error", "success",
)  # fmt: skip


def open_page(page: str, /, **query: str) -> AppTest:
    """The page (`train`, `runs` …) at an address with these parameters, after its first run."""
    at = AppTest.from_file(str(APP), default_timeout=120)
    at.switch_page(f"pages/{page}.py")
    for name, value in query.items():
        at.query_params[name] = value
    at.run()
    assert not at.exception
    return at


def words(at: AppTest) -> str:
    """Everything the page says outside its widgets."""
    return "\n".join(str(element.value) for kind in WORD_KINDS for element in at.get(kind))


def button(at: AppTest, label: str):
    return next(button for button in at.button if button.label == label)


def address(at: AppTest) -> dict[str, str]:
    """What stands in the address bar after the page's own path."""
    return {
        name: value if isinstance(value, str) else ",".join(value)
        for name, value in at.query_params.items()
    }


def runs_table(at: AppTest) -> dict[str, list[str]]:
    """What the table of runs shows: {heading: cells}, also of runs that it has no room for."""
    data = runs_data(at)
    headings = [column["label"] for column in data["columns"]]
    return {
        heading: [row["cells"][place] for row in data["rows"]]
        for place, heading in enumerate(headings)
    }


def runs_data(at: AppTest) -> dict:
    """All that the table of runs is given."""
    for element in at.get("bidi_component"):
        if element.proto.component_name == "fmnist_runs_table":
            return json.loads(element.proto.json)[0]
    raise AssertionError("there is no table of runs")
