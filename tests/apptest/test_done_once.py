"""What is done once a server, so that many people at a time cost it less."""

import os
import platform
import subprocess
import sys

import pytest
from streamlit import config
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.runtime.pages_manager import PagesManager
from streamlit.watcher import local_sources_watcher

from fmnist import PROJECT_ROOT
from pages._shared import done_once
from tests.apptest.app_pages import APP, open_page

SECTIONS = ("theme", "theme.light", "theme.dark", "theme.sidebar", "theme.dark.sidebar")


def test_no_module_is_looked_at_for_its_source_files(lab, monkeypatch):
    open_page("start")
    looked_at = []
    monkeypatch.setattr(local_sources_watcher, "get_module_paths", looked_at.append)
    watcher = local_sources_watcher.LocalSourcesWatcher(PagesManager(str(APP)))
    watcher.update_watched_modules()
    watcher.close()
    assert not looked_at


@pytest.mark.parametrize("section", SECTIONS)
def test_the_remembered_theme_is_the_same_each_time(monkeypatch, section):
    monkeypatch.setattr(app_session, "_populate_theme_msg", ORIGINAL)
    plain = CustomThemeConfig()
    app_session._populate_theme_msg(plain, section)
    done_once._remember_theme()
    for _ in range(2):
        again = CustomThemeConfig()
        app_session._populate_theme_msg(again, section)
        assert again == plain


def test_the_theme_is_put_together_once(monkeypatch):
    monkeypatch.setattr(app_session, "_populate_theme_msg", ORIGINAL)
    done_once._remember_theme()
    asked = []
    read = config.get_options_for_section
    monkeypatch.setattr(
        config, "get_options_for_section", lambda name: asked.append(name) or read(name)
    )
    for _ in range(3):
        app_session._populate_theme_msg(CustomThemeConfig(), "theme.light")
    assert asked.count("theme.light") == 1


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the heaps are glibc's")
def test_many_threads_share_a_few_heaps(tmp_path):
    heaps = [_count_heaps(tmp_path / f"{call}.xml", call) for call in ("", "_share_heaps()")]
    assert heaps[0] > 3 >= heaps[1]


def _count_heaps(report, call):
    """After twelve threads held memory at once, in a process of its own."""
    program = f"""
import ctypes, threading
from pages._shared.done_once import _share_heaps
{call}
libc = ctypes.CDLL(None)
libc.malloc.restype = libc.fopen.restype = ctypes.c_void_p
together = threading.Barrier(12)
def hold():
    together.wait()
    libc.malloc(1000)
    together.wait()
threads = [threading.Thread(target=hold) for _ in range(12)]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
file = ctypes.c_void_p(libc.fopen({os.fsencode(report)!r}, b"w"))
libc.malloc_info(0, file)
libc.fclose(file)
"""
    environment = {name: os.environ[name] for name in os.environ if "MALLOC" not in name}
    subprocess.run([sys.executable, "-c", program], check=True, cwd=PROJECT_ROOT, env=environment)
    return report.read_text().count("<heap nr=")


ORIGINAL = app_session._populate_theme_msg
