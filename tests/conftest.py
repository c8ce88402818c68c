"""Fixtures that every test may use: where the data lies, and a Lab of one's own in a tmp folder."""

import contextlib
import gc
import os
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import psutil
import pytest

from fmnist.data import download, standin
from fmnist.data.dataset import load_dataset
from fmnist.engine.client import Engine
from fmnist.models.processor import prefer_onednn
from fmnist.runs import store
from tests.factories import data as data_factory
from tests.factories import runs as run_factory
from tests.imports import imports_from

TESTS = Path(__file__).parent
# Of the slow files these take longest: they come first, so that no worker is left with one alone.
_LONG = {
    "models/test_processor", "runs/test_jobs", "engine/test_client", "commands/test_train",
    "imported/test_score", "imported/test_check", "imported/test_line",
    "training/test_train", "drawing/test_fine_tune",
}  # fmt: skip

_has_failed = False  # whether a test has since the last look

prefer_onednn()  # before a test imports TensorFlow itself: the same arithmetic as in a training


@cache
def is_slow(path: Path) -> bool:
    """Whether a file of tests is one of the browser's, or leads to TensorFlow by its imports."""
    return TESTS / "browser" in path.parents or bool({"keras", "tensorflow"} & imports_from(path))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Where only quick tests are wanted, nobody waits for the slow files' imports either."""
    is_test = collection_path.name.startswith("test_") and collection_path.suffix == ".py"
    left_out = config.option.markexpr == "not slow" and is_test and is_slow(collection_path)
    return True if left_out else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow, beside the files that say so themselves, and put it first.

    What watches other processes or a browser gets a second try on a machine that is not ours alone;
    the summary names each test that needed it.
    """
    for item in items:
        is_made_engine = TESTS / "apptest" in item.path.parents
        if is_slow(item.path) or ("engine" in item.fixturenames and not is_made_engine):
            item.add_marker(pytest.mark.slow)
    for item in items:
        if item.get_closest_marker("slow"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    slow = {item.path for item in items if item.get_closest_marker("slow")}

    def place(item: pytest.Item) -> tuple[bool, ...]:
        in_browser = TESTS / "browser" in item.path.parents
        name = item.path.relative_to(TESTS).with_suffix("").as_posix()
        return not in_browser, name not in _LONG, item.path not in slow

    items.sort(key=place)  # stable: as it was within a file, and among files of a kind


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    global _has_failed
    _has_failed = _has_failed or report.outcome not in ("passed", "skipped")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup() -> None:
    """Drop what a failed test has left, such as a coroutine that nobody awaited.

    Its traceback holds that until the garbage is collected, in the middle of another test, which
    would then fail by the warning. A test that passes answers for its own warnings as before.
    """
    global _has_failed
    if _has_failed:
        _has_failed = False
        for name in ("last_type", "last_value", "last_traceback", "last_exc"):
            vars(sys).pop(name, None)
        with warnings.catch_warnings(action="ignore"):
            gc.collect()


@dataclass(frozen=True)
class Lab:
    """The folders that the environment variables of one test name."""

    runs_dir: Path
    cache_dir: Path
    data_dir: Path
    datasets_dir: Path


@pytest.fixture(scope="session", autouse=True)
def _nothing_outside_tmp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep a forgetful test out of the developer's own runs and cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FMNIST_RUNS_DIR", str(tmp_path_factory.mktemp("session-runs")))
        patch.setenv("FMNIST_CACHE_DIR", str(tmp_path_factory.mktemp("session-cache")))
        patch.setenv("FMNIST_DATASETS_DIR", str(tmp_path_factory.mktemp("session-datasets")))
        yield


@pytest.fixture(scope="session")
def small_data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """600 training and 200 test images of made shapes. Sets no environment variable."""
    return data_factory.write_dataset(tmp_path_factory.mktemp("made-data"))


@pytest.fixture(scope="session")
def data_dir(request: pytest.FixtureRequest) -> Path:
    """The real dataset where FMNIST_DATA_DIR names it, the made one elsewhere."""
    given = os.environ.get("FMNIST_DATA_DIR")
    return Path(given) if given else request.getfixturevalue("small_data_dir")


@pytest.fixture(scope="session")
def cases_dir() -> Path:
    """Real files that people imported, each in a folder with its RIGHT.txt: FMNIST_CASES_DIR."""
    given = os.environ.get("FMNIST_CASES_DIR")
    if not given:
        pytest.skip("FMNIST_CASES_DIR names no folder of files that people imported")
    return Path(given)


@pytest.fixture(autouse=True)
def bundled_dir(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the bundled run lies, for this process: a folder that is not there yet."""
    folder = tmp_path_factory.mktemp("package") / "bundled"
    monkeypatch.setattr(store, "BUNDLED_DIR", folder)
    return folder


@pytest.fixture
def lab(tmp_path: Path, small_data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Lab]:
    """An empty runs folder, an empty cache, no imported dataset and the small made dataset, through
    the environment.

    Training processes of these runs that are left at the end of the test are killed.
    """
    lab = Lab(tmp_path / "runs", tmp_path / "cache", small_data_dir, tmp_path / "datasets")
    lab.runs_dir.mkdir()
    lab.cache_dir.mkdir()
    monkeypatch.setenv("FMNIST_RUNS_DIR", str(lab.runs_dir))
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(lab.cache_dir))
    monkeypatch.setenv("FMNIST_DATA_DIR", str(lab.data_dir))
    monkeypatch.setenv("FMNIST_DATASETS_DIR", str(lab.datasets_dir))
    clear_streamlit_caches()
    yield lab
    clear_streamlit_caches()
    kill_trainings(lab.runs_dir)


@pytest.fixture
def no_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No FMNIST_DATA_DIR, and an empty cache and home. After `lab` where a test takes both."""
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.delenv("FMNIST_DATA_DIR", raising=False)


@pytest.fixture
def no_mirrors(lab: Lab, no_data: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """`lab` without a dataset, nobody to download it from, and a stand-in of 200 and 100 images."""
    monkeypatch.setattr(download, "MIRRORS", [])
    monkeypatch.setattr(standin, "TRAIN_IMAGES", 200)
    monkeypatch.setattr(standin, "TEST_IMAGES", 100)


@pytest.fixture
def made(lab: Lab) -> store.Run:
    """A completed run, right on 160 of the 200 made test images."""
    return store.read_run(run_factory.write_run(lab.runs_dir, accuracy=0.8))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """The real engine, whose process starts with its first prediction: one for all who only ask."""
    engine = Engine()
    engine._own._timeout = engine._imported._timeout = 300.0  # on cores that others use as well
    yield engine
    engine.close()


@pytest.fixture
def labels(lab: Lab) -> np.ndarray:
    """Those of the made test images, uint8 (200,)."""
    return load_dataset(lab.data_dir).test_labels


def clear_streamlit_caches() -> None:
    """Forget what Streamlit cached for an earlier AppTest of this process: the dataset, and how it
    was got, included.

    Other resources stay: the engine takes seconds to start.
    """
    if "streamlit" in sys.modules:
        sys.modules["streamlit"].cache_data.clear()
    if "pages._shared.data" in sys.modules:
        sys.modules["pages._shared.data"]._load.clear()
    if "pages._shared.standin" in sys.modules:
        sys.modules["pages._shared.standin"].fetcher.clear()


def kill_trainings(runs_dir: Path) -> None:
    """Kill every process whose command line names a folder inside `runs_dir`."""
    for _ in range(3):  # one that is killed may just have started another
        found = [
            process
            for process in psutil.process_iter(["cmdline"])
            if any(str(runs_dir) in argument for argument in process.info["cmdline"] or [])
        ]
        if not found:
            return
        for process in found:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(found, timeout=5)
