"""Nobody who comes waits for a list of source files that are not watched."""

from streamlit.runtime.pages_manager import PagesManager
from streamlit.watcher import local_sources_watcher

from tests.apptest.app_pages import APP, open_page


def test_no_module_is_looked_at_for_its_source_files(lab, monkeypatch):
    open_page("start")
    looked_at = []
    monkeypatch.setattr(local_sources_watcher, "get_module_paths", looked_at.append)
    watcher = local_sources_watcher.LocalSourcesWatcher(PagesManager(str(APP)))
    watcher.update_watched_modules()
    watcher.close()
    assert not looked_at
