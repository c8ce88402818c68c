"""The dataset that a training needs is downloaded or made first, or said to be missing."""

import functools
import hashlib
import http.server
import io
import sys
import threading

import pytest

from fmnist.commands import ensure_dataset, train
from fmnist.commands.train import main
from fmnist.config import TrainConfig
from fmnist.data import catalogue, dataset, download
from fmnist.data.dataset import load_dataset
from fmnist.runs import store


class Terminal(io.StringIO):
    def __init__(self, is_terminal: bool):
        super().__init__()
        self.is_terminal = is_terminal

    def isatty(self) -> bool:
        return self.is_terminal


@pytest.fixture
def no_dataset(lab, no_data, monkeypatch) -> None:
    """No dataset anywhere; the made files are the published ones."""
    sums = {n: hashlib.md5((lab.data_dir / n).read_bytes()).hexdigest() for n in dataset.FILES}
    monkeypatch.setattr(dataset, "FILES", sums)


@pytest.fixture
def mirror(lab, no_dataset, monkeypatch) -> None:
    """A server of the made files, in the place of the published mirrors."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(lab.data_dir))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    fetch = functools.partial(
        download.download_dataset, mirrors=[f"http://127.0.0.1:{server.server_port}/"]
    )
    monkeypatch.setattr(ensure_dataset, "download_dataset", fetch)
    yield
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("is_terminal", [True, False])
def test_the_command_downloads_what_is_missing(lab, mirror, monkeypatch, is_terminal):
    terminal = Terminal(is_terminal)
    monkeypatch.setattr(sys, "stderr", terminal)
    trained_on = []

    def run_process(open_run, *_, **__):
        open_run()
        trained_on.append(load_dataset())
        return 0

    monkeypatch.setattr(train, "run_process", run_process)
    assert main(["--epochs", "1"]) == 0
    assert trained_on[0].folder == lab.cache_dir / "fashion-mnist"
    assert len(trained_on[0].train_labels) == 600
    text = terminal.getvalue()
    assert text.startswith(f"Downloading Fashion-MNIST to {trained_on[0].folder}\n")
    for name in dataset.FILES:
        size = f"{(lab.data_dir / name).stat().st_size / 1e6:.1f}"
        assert is_terminal or f"{name}: {size} MB\n" in text
    if is_terminal:
        assert f"{name} " in text, "the last one is shown"
        assert text.endswith("\033[2K"), "the line of the progress is cleared"
    else:
        assert "\033" not in text
        assert "\r" not in text
    assert main(["--epochs", "1"]) == 0
    assert terminal.getvalue().count("Downloading") == 1


def test_a_training_itself_never_downloads(lab, mirror):
    run = store.create_run(TrainConfig())
    with pytest.raises(dataset.DatasetMissing, match="was not found"):
        train.train_run(run, None)
    assert store.load_run(run.run_id).status.status == "failed"


def test_no_mirror_makes_no_run_and_a_sentence(lab, no_dataset, monkeypatch, capfd):
    unreachable = functools.partial(download.download_dataset, mirrors=["http://127.0.0.1:9/"])
    monkeypatch.setattr(ensure_dataset, "download_dataset", unreachable)
    assert main(["--epochs", "1"]) == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 2
    assert lines[1].startswith("No mirror gave the dataset (http://127.0.0.1:9/: ")
    assert store.list_runs() == []


def test_without_a_network_the_standin_can_be_trained_on(no_mirrors, monkeypatch, capfd):
    trained_on = []

    assert main(["--epochs", "1"]) == 2
    assert capfd.readouterr().err.rstrip().endswith("add --dataset stand-in.")

    def run_process(open_run, *_, **__):
        trained_on.append(catalogue.load(open_run().config.dataset))
        return 0

    monkeypatch.setattr(train, "run_process", run_process)
    for _ in range(2):
        assert main(["--epochs", "1", "--dataset", "stand-in"]) == 0
    assert [data.name for data in trained_on] == ["Stand-in", "Stand-in"]
    assert len(trained_on[0].train_labels) == 200
    assert capfd.readouterr().err.count("no figure below is about the real dataset") == 2


def test_a_data_folder_of_ones_own_is_never_filled(lab, monkeypatch, tmp_path, capfd):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path / "mine"))
    assert main(["--epochs", "1"]) == 2
    (line,) = capfd.readouterr().err.splitlines()
    assert line.startswith(f"FMNIST_DATA_DIR names {tmp_path / 'mine'}, which is not a folder.")
    assert line.endswith("add --dataset stand-in.")
