"""fmnist/data/download.py against a real local server."""

import contextlib
import functools
import hashlib
import http.server
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from fmnist.data import dataset, download
from tests.factories import data as data_factory

TRAIN_IMAGES, _, TEST_IMAGES, _ = dataset.FILES


@pytest.fixture
def published(no_data, tmp_path, monkeypatch) -> Path:
    """Made files, taken for the published ones: their MD5s are what is expected. An empty cache."""
    folder = data_factory.write_dataset(tmp_path / "data", train=30, test=20)
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
        server.is_over = False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/"

    yield start
    for server in servers:
        server.is_over = True
        server.shutdown()
        server.server_close()


@pytest.fixture
def unreachable() -> Iterator[str]:
    """The address of a port that nobody else can take, and where nobody listens."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{silent.getsockname()[1]}/"


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


def test_download_goes_on_with_the_next_mirror(published, serve, unreachable, tmp_path):
    bad = shutil.copytree(published, tmp_path / "bad")
    (bad / TEST_IMAGES).write_bytes(b"something else")
    mirrors = [unreachable, serve(bad), serve(published)]
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


class Endless(http.server.SimpleHTTPRequestHandler):
    """Does not say how much there is, and goes on."""

    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            while True:
                self.wfile.write(bytes(1 << 16))


@pytest.mark.parametrize("handler", [http.server.SimpleHTTPRequestHandler, Endless])
def test_endless_download_is_cut(published, serve, monkeypatch, handler):
    monkeypatch.setattr(download, "_MAX_DOWNLOAD_BYTES", 1000)
    with pytest.raises(dataset.DatasetError, match="it has more than"):
        download.download_dataset(mirrors=[serve(published, handler)])


def dribble(text: bytes, rest: bytes = b"", every: float = 0.05):
    """A handler that sends `text`, and then `rest` byte by byte, again and again."""

    class Dribbling(http.server.SimpleHTTPRequestHandler):
        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

        def do_GET(self):
            with contextlib.suppress(ConnectionError):
                self.wfile.write(text)
                while not self.server.is_over:
                    for byte in rest:
                        self.wfile.write(bytes([byte]))
                        time.sleep(every)

    return Dribbling


@pytest.mark.parametrize(
    "handler",
    [
        dribble(b"HTTP/1.0 200 OK\r\nContent-Length: 5000\r\n\r\n", b"x"),
        dribble(b"HTTP/1.0 200 OK\r\n\r\n" + bytes(1500), b"x"),
        dribble(b"HTTP/1.0 200 OK\r\n", b"X-Slow: yes\r\n"),
        dribble(b"", b"HTTP/1.0 200 OK"),
        dribble(b"", b"HTTP/1.1 100 Continue\r\n\r\n", every=0.0),
        dribble(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    ],
    ids=["body", "after a good start", "header", "status", "for ever to be continued", "chunks"],
)
def test_a_mirror_that_is_never_quite_silent_is_given_up(published, serve, monkeypatch, handler):
    """No read takes as long as `timeout`, which alone would let it go on."""
    monkeypatch.setattr(download, "_CHUNK_BYTES", 1000)
    monkeypatch.setattr(download, "_CHUNK_S", 0.5)
    began = time.monotonic()
    with pytest.raises(dataset.DatasetError, match=r"too slow: [\d,]+ bytes in 0.5 s"):
        download.download_dataset(mirrors=[serve(published, handler)])
    assert time.monotonic() - began < 120, "not for ever"
    monkeypatch.setattr(download, "_CHUNK_S", 2.0)  # enough for a good one on busy cores
    folder = download.download_dataset(mirrors=[serve(published, handler), serve(published)])
    assert names_in(folder) == set(dataset.FILES)


def test_the_whole_download_ends(published, serve, monkeypatch):
    """A mirror just quick enough, for ever."""
    monkeypatch.setattr(download, "_CHUNK_BYTES", 1)
    monkeypatch.setattr(download, "_LONGEST_S", 1.0)
    quick_enough = dribble(b"HTTP/1.0 200 OK\r\n\r\n", b"x")
    began = time.monotonic()
    with pytest.raises(dataset.DatasetError, match="was not complete after"):
        download.download_dataset(mirrors=[serve(published, quick_enough)] * 3)
    assert time.monotonic() - began < 120, "not for ever"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.0 200 OK\r\nContent-Length: many\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nContent-Length: -7\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\nContent-Length: " + b"9" * 5000 + b"\r\n\r\nabc",
        b"HTTP/1.0 200 OK\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"HTTP/1.0 200 OK\r\nX: " + b"y" * 70_000 + b"\r\n\r\n",
        b"HTTP/1.0 200 OK\r\nno header at all\r\n\x00\xff\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n",
        b"HTTP/9 way out\r\n\r\n",
        b"\x00\x01\x02\x03",
        b"SSH-2.0-OpenSSH_9.9\r\n",
        b"",
        b"HTTP/1.0 302 Found\r\nLocation: http://[::1\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:port/\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1:99999/\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: http://" + b"x" * 300 + b".example/\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: http://a\x00b/\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation: \xff\xfe\r\n\r\n",
        b"HTTP/1.0 302 Found\r\nLocation:\r\n\r\n",
        b"HTTP/1.0 304 Not Modified\r\n\r\n",
        b"HTTP/1.0 401 No\r\nWWW-Authenticate: ???\r\n\r\n",
    ],
    ids=lambda answer: answer[:70].decode("latin-1").encode("unicode_escape").decode(),
)
def test_whatever_a_mirror_answers_the_next_one_is_asked(published, serve, answer):
    class Broken(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            with contextlib.suppress(ConnectionError):
                self.wfile.write(answer)

        do_HEAD = do_GET

    broken = serve(published, Broken)
    with pytest.raises(dataset.DatasetError) as caught:
        download.download_dataset(mirrors=[broken])
    assert f"{broken}: " in str(caught.value)
    assert len(str(caught.value)) < 700
    folder = download.download_dataset(timeout=30.0, mirrors=[broken, serve(published)])
    assert names_in(folder) == set(dataset.FILES)


def redirecting(to: str):
    """A handler that sends elsewhere whoever asks for a file."""

    class Redirecting(http.server.SimpleHTTPRequestHandler):
        def do_GET(self):
            self.send_response(302)
            self.send_header("Location", to.format(path=self.path))
            self.end_headers()

        def do_HEAD(self):
            self.send_response(200)
            self.end_headers()

    return Redirecting


def test_a_redirect_is_followed(published, serve):
    mirror = serve(published, redirecting(serve(published).rstrip("/") + "{path}"))
    assert names_in(download.download_dataset(mirrors=[mirror])) == set(dataset.FILES)


@pytest.mark.parametrize("scheme", ["file", "ftp", "data", "FTP", "gopher", "javascript"])
def test_a_redirect_leads_nowhere_but_to_http(published, serve, scheme):
    """Though the right files lie there."""
    to = {"file": published.as_uri() + "{path}"}.get(scheme, scheme + "://127.0.0.1{path}")
    with pytest.raises(dataset.DatasetError, match=r"neither HTTP nor HTTPS|is not allowed"):
        download.download_dataset(mirrors=[serve(published, redirecting(to))])
    assert names_in(dataset.cache_dir() / "fashion-mnist") == set()


def test_a_mirror_is_no_folder(published):
    with pytest.raises(dataset.DatasetError, match="unknown url type: file"):
        download.download_dataset(mirrors=[published.as_uri() + "/"])


@pytest.mark.parametrize("to", ["{path}", "{path}x"])
def test_redirects_come_to_an_end(published, serve, to):
    asked = []

    class Circle(redirecting(to)):
        def do_GET(self):
            asked.append(self.path)
            super().do_GET()

    with pytest.raises(dataset.DatasetError, match="infinite loop"):
        download.download_dataset(mirrors=[serve(published, Circle)])
    assert len(asked) <= 7


def test_nothing_reachable_says_what_to_do(published, unreachable):
    with pytest.raises(dataset.DatasetError) as caught:
        download.download_dataset(mirrors=[unreachable])
    for part in (unreachable, str(dataset.cache_dir() / "fashion-mnist"), *dataset.FILES):
        assert part in str(caught.value)


def test_mirrors_that_never_answer_are_given_up_together(published):
    """They take the connection and say nothing."""
    with contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(30)]
        mirrors = [f"http://127.0.0.1:{server.getsockname()[1]}/" for server in silent]
        began = time.monotonic()
        with pytest.raises(dataset.DatasetError) as caught:
            download.download_dataset(timeout=3.0, mirrors=mirrors)
        assert time.monotonic() - began < 80, "not one after the other"
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
