"""Opening a page as a visitor does, and reading what it says."""

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
