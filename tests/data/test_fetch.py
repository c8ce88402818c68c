"""fmnist/data/fetch.py: the download where there is one, the stand-in where there is none."""

import socketserver
import threading

import pytest

from fmnist.data import catalogue, dataset, download, fetch, standin
from fmnist.data.dataset import DatasetError
from tests.waits import wait_for


@pytest.fixture
def fetcher(no_mirrors) -> fetch.Fetcher:
    return fetch.Fetcher()


def wait(fetcher: fetch.Fetcher) -> None:
    wait_for(lambda: not fetcher.is_running, "the data", 120)


def test_without_a_mirror_the_standin_is_made(fetcher):
    fetcher.start()
    wait(fetcher)
    assert fetcher.refusal.startswith("No mirror gave the dataset")
    assert fetcher.failure == ""
    assert fetcher.step == fetch.Step("Writing the files …", 1.0)
    assert catalogue.find_standin()


def test_a_data_folder_that_lacks_files_is_not_filled(fetcher, monkeypatch, tmp_path):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(tmp_path / "mine"))
    fetcher.start()
    wait(fetcher)
    assert fetcher.refusal.startswith(f"FMNIST_DATA_DIR names {tmp_path / 'mine'}")
    assert catalogue.find_standin()


@pytest.mark.parametrize(
    "answer",
    [b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\n", b"HTTP/1.0 200 OK\r\n\r\nx", b"\0", b""],
)
def test_a_broken_mirror_is_told_and_the_standin_made(fetcher, monkeypatch, answer):
    class Broken(socketserver.StreamRequestHandler):
        def handle(self):
            self.rfile.readline()
            self.wfile.write(answer)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Broken) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        mirror = f"http://127.0.0.1:{server.server_address[1]}/"
        monkeypatch.setattr(download, "MIRRORS", [mirror])
        fetcher.start()
        wait(fetcher)
        server.shutdown()
    assert fetcher.refusal.startswith(f"No mirror gave the dataset ({mirror}: ")
    assert fetcher.failure == ""
    assert catalogue.find_standin()


def test_after_a_download_nothing_is_generated(fetcher, monkeypatch):
    steps = []

    def download_dataset(progress):
        progress("train-images", 11_000_000, 26_400_000)
        steps.append(fetcher.step)

    monkeypatch.setattr(fetch, "download_dataset", download_dataset)
    fetcher.start()
    wait(fetcher)
    assert steps == [fetch.Step("train-images: 11.0 of 26.4 MB", 11 / 26.4)]
    assert (fetcher.refusal, fetcher.failure) == ("", "")
    assert catalogue.find_standin() is None


def test_a_failure_of_both_is_told_and_forgotten_at_the_next_try(fetcher, monkeypatch):
    with monkeypatch.context() as broken:

        def fail(*_, **__):
            raise DatasetError("The disk is full.")

        broken.setattr(standin, "write_standin", fail)
        fetcher.start()
        wait(fetcher)
    assert fetcher.refusal
    assert fetcher.failure == "The disk is full."
    fetcher.start()
    wait(fetcher)
    assert fetcher.failure == ""


def test_a_second_start_joins_the_first(fetcher, monkeypatch):
    asked = []
    may_end = threading.Event()

    def slow(**_):
        asked.append(may_end.wait(60))
        return dataset.cache_dir()

    monkeypatch.setattr(fetch, "download_dataset", slow)
    fetcher.start()
    fetcher.start()
    may_end.set()
    wait(fetcher)
    assert len(asked) == 1


def test_nothing_is_done_where_the_dataset_is_here(fetcher, lab, monkeypatch):
    monkeypatch.setenv("FMNIST_DATA_DIR", str(lab.data_dir))
    monkeypatch.setattr(download, "MIRRORS", None)
    fetcher.start()
    wait(fetcher)
    assert catalogue.find_standin() is None
