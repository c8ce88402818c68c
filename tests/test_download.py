"""fmnist/download.py against a real local server."""

import contextlib
import functools
import hashlib
import http.server
import shutil
import socket
import threading
import time
from pathlib import Path

import pytest

from fmnist import dataset, download
from tests import made_data

TRAIN_IMAGES, _, TEST_IMAGES, _ = dataset.FILES


@pytest.fixture
def published(no_data, tmp_path, monkeypatch) -> Path:
    """Made files, taken for the published ones: their MD5s are what is expected. An empty cache."""
    folder = made_data.write_dataset(tmp_path / "data", train=30, test=20)
    sums = {name: hashlib.md5((folder / name).read_bytes()).hexdigest() for name in dataset.FILES}
    monkeypatch.setattr(dataset, "FILES", sums)
    return folder


@pytest.fixture
def serve():
    """Start an HTTP server for a folder; gives its address."""
    servers = []

    def start(root: Path, handler=http.server.SimpleHTTPRequestHandler) -> str:
        quiet = type("Quiet", (handler,), {"log_message": lambda *_: None})
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(quiet, directory=str(root))
        )
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def unreachable() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}/"


def names_in(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"download.lock"}


def test_download(published, serve):
    seen = []
    to = download.download_dataset(lambda *args: seen.append(args), mirrors=[serve(published)])
    assert names_in(to) == set(dataset.FILES)
    assert dataset.load_dataset().folder == to == dataset.cache_dir() / "fashion-mnist"
    size = (published / TRAIN_IMAGES).stat().st_size
    assert (TRAIN_IMAGES, size, size) in seen


def test_download_fetches_only_what_is_missing_or_wrong(published, serve):
    to = dataset.cache_dir() / "fashion-mnist"
    to.mkdir(parents=True)
    shutil.copy(published / TRAIN_IMAGES, to)
    (to / TEST_IMAGES).write_bytes(b"half a file")
    seen = set()
    download.download_dataset(lambda name, *_: seen.add(name), mirrors=[serve(published)])
    assert seen == set(dataset.FILES) - {TRAIN_IMAGES}
    assert (to / TEST_IMAGES).read_bytes() == (published / TEST_IMAGES).read_bytes()


def test_download_goes_on_with_the_next_mirror(published, serve, tmp_path):
    bad = shutil.copytree(published, tmp_path / "bad")
    (bad / TEST_IMAGES).write_bytes(b"something else")
    mirrors = [unreachable(), serve(bad), serve(published)]
    assert names_in(download.download_dataset(mirrors=mirrors)) == set(dataset.FILES)


def test_download_with_a_wrong_md5_leaves_nothing_under_the_final_name(published, serve):
    (published / TRAIN_IMAGES).write_bytes(b"something else")
    with pytest.raises(dataset.DatasetError) as caught:
        download.download_dataset(mirrors=[serve(published)])
    found = hashlib.md5(b"something else").hexdigest()
    assert f"MD5 {found}; expected {dataset.FILES[TRAIN_IMAGES]}" in str(caught.value)
    assert names_in(dataset.cache_dir() / "fashion-mnist") == set()


class Truncating(http.server.SimpleHTTPRequestHandler):
    """Announces the whole file and sends half of it."""

    def copyfile(self, source, outputfile):
        content = source.read()
        outputfile.write(content[: len(content) // 2])


class Hanging(http.server.SimpleHTTPRequestHandler):
    """Announces the file, sends one byte and then nothing."""

    released = threading.Event()

    def copyfile(self, source, outputfile):
        outputfile.write(source.read(1))
        outputfile.flush()
        self.released.wait(10)


def test_truncated_download_is_refused(published, serve):
    with pytest.raises(dataset.DatasetError, match="No mirror gave"):
        download.download_dataset(mirrors=[serve(published, Truncating)])
    assert names_in(dataset.cache_dir() / "fashion-mnist") == set()


def test_hanging_mirror_times_out(published, serve):
    try:
        with pytest.raises(dataset.DatasetError, match="timed out"):
            download.download_dataset(timeout=0.2, mirrors=[serve(published, Hanging)])
    finally:
        Hanging.released.set()
    assert names_in(dataset.cache_dir() / "fashion-mnist") == set()


def test_endless_download_is_cut(published, serve, monkeypatch):
    monkeypatch.setattr(download, "_MAX_DOWNLOAD_BYTES", 1000)
    with pytest.raises(dataset.DatasetError, match="has more than"):
        download.download_dataset(mirrors=[serve(published)])


def test_nothing_reachable_says_what_to_do(published):
    mirror = unreachable()
    with pytest.raises(dataset.DatasetError) as caught:
        download.download_dataset(mirrors=[mirror])
    for part in (mirror, str(dataset.cache_dir() / "fashion-mnist"), *dataset.FILES):
        assert part in str(caught.value)


def test_mirrors_that_never_answer_are_given_up_together(published):
    """They take the connection and say nothing."""
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(3)]
        mirrors = [f"http://127.0.0.1:{server.getsockname()[1]}/" for server in silent]
        began = time.monotonic()
        with pytest.raises(dataset.DatasetError) as caught:
            download.download_dataset(timeout=1.0, mirrors=mirrors)
        assert time.monotonic() - began < 2.5
    assert all(mirror in str(caught.value) for mirror in mirrors)


def test_folder_that_cannot_be_written(published, serve, tmp_path, monkeypatch):
    (tmp_path / "in-the-way").write_text("")
    monkeypatch.setenv("FMNIST_CACHE_DIR", str(tmp_path / "in-the-way"))
    with pytest.raises(dataset.DatasetError, match="cannot be written to"):
        download.download_dataset(mirrors=[serve(published)])


def test_two_downloads_at_once_fetch_once(published, serve):
    requests = []

    class Counting(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            requests.append(self.path)
            super().do_GET()

    mirror = serve(published, Counting)
    threads = [
        threading.Thread(target=download.download_dataset, kwargs={"mirrors": [mirror]})
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(requests) == sorted(f"/{name}" for name in dataset.FILES)
