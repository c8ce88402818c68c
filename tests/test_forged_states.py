"""Messages that no browser would send: a real server, and a client that forges widgets' states.

What Streamlit itself refuses by an error stays with whoever sent it. Nothing of the Lab's own may
fail, nothing on the disk may change but what a person may choose there, and nobody else may notice.
"""

import hashlib
import linecache
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmnist import json_files
from fmnist.runs import settings, store
from fmnist.runs.reader import MAX_TITLE
from tests.factories import runs as run_factory
from tests.forged_client import MILLION, Client, answer_of, forged_states
from tests.test_allowed_hosts import PLAIN, serving

MADE = f"model={run_factory.RUN_ID}"
PAGES = (
    "", "browse", "train", f"runs?run={run_factory.RUN_ID}", f"evaluate?{MADE}", "map",
    "inside", "draw",
)  # fmt: skip
_FRAME = re.compile(r'File "(.*/(?:pages|fmnist)/.*)", line (\d+)')
# A line in which something else is called with what was forged.
_CALLS_STREAMLIT = re.compile(r"\bst\.\w+\(|st_canvas\(|_component\(")

pytestmark = pytest.mark.slow  # a real server


@pytest.fixture(scope="module")
def lab_on_disk(tmp_path_factory, small_data_dir) -> Iterator[tuple[int, Path]]:
    """The port of a server, and the folder in which it keeps all it has."""
    folder = tmp_path_factory.mktemp("forged")
    run_factory.write_run(folder / "runs")
    run_factory.write_run(folder / "runs", "20260103-030405-other", dropout=0.5)
    places = {"FMNIST_RUNS_DIR": "runs", "FMNIST_DATASETS_DIR": "datasets"}
    environment = {name: str(folder / place) for name, place in places.items()}
    environment["FMNIST_CACHE_DIR"] = str(tmp_path_factory.mktemp("cache"))
    environment["FMNIST_DATA_DIR"] = str(small_data_dir)
    with serving(PLAIN, folder, **environment) as port:
        yield port, folder


def contents(folder: Path) -> dict[str, str]:
    """A digest of each file of the runs, but those that hold what a person chooses on the pages."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in (folder / "runs").rglob("*")
        if path.is_file() and path.name not in ("notes.json", "settings.json", ".settings.lock")
    }


def our_errors(client: Client) -> list[str]:
    """Those that were not raised within Streamlit, whose own frames it leaves out."""
    ours = []
    for error in client.errors:
        frames = _FRAME.findall(error)
        if frames and not _CALLS_STREAMLIT.search(
            linecache.getline(frames[-1][0], int(frames[-1][1]))
        ):
            ours.append(error)
    return ours


@pytest.mark.parametrize("page", PAGES)
def test_no_forged_state_fails_in_the_lab_or_changes_anything(lab_on_disk, page):
    port, folder = lab_on_disk
    before = contents(folder)
    name, _, query = page.partition("?")
    honest = Client(port)
    honest.open(name, query)
    assert honest.errors == []
    widgets = dict(honest.widgets)
    assert widgets
    forger = Client(port)
    forger.open(name, query)
    for states in forged_states(widgets):
        forger.send(states)
        assert our_errors(forger) == []
        if forger.errors:  # whatever caused it is sent again with every message of this session
            forger.close()
            forger = Client(port)
            forger.open(name, query)
    forger.close()
    honest.open(name, query)
    assert honest.errors == []
    honest.close()
    assert contents(folder) == before
    chosen = json_files.read_json_or_empty(folder / "runs" / "settings.json")
    assert chosen.get("parallel_trainings", 1) in range(1, settings.MAX_PARALLEL_TRAININGS + 1)
    made = store.read_run(folder / "runs" / run_factory.RUN_ID)
    assert (made.damaged, len(made.title) <= MAX_TITLE) == ("", True)


def test_an_outline_of_a_million_corners_is_cut(lab_on_disk):
    port, _ = lab_on_disk
    client = Client(port)
    client.open("map")
    (scatter,) = (one for one, name in client.names.items() if name == "fmnist_map")
    client.send([answer_of(scatter, {"value": [[5, 5]] * MILLION}, "outlined")])
    assert client.errors == []
    client.open("map")
    assert client.errors == []
    client.close()
