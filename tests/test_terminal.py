"""What a person sees at a terminal, and what a file gets instead."""

import io
import re

import pytest

from fmnist.terminal import clear_abandoned_bar, draw_progress, make_console, say


class Terminal(io.StringIO):
    def isatty(self):
        return True


def text_of(terminal: io.StringIO) -> str:
    """What was written, without what moves the cursor or colours."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.getvalue())


def test_what_a_file_is_called_moves_nothing_on_the_terminal(capsys):
    say(ValueError("a\x1b[2Jb\u202ecod\n.png\x07 is no picture"))
    assert capsys.readouterr().err == "a[2Jbcod .png is no picture\n"
    terminal = Terminal()
    with draw_progress(terminal) as show:
        show("[bold]x\x1b[1A.csv", 60, 60)
    assert "[bold]x[1A.csv" in text_of(terminal)
    assert "\x1b[1A.csv" not in terminal.getvalue()


def test_progress_says_what_is_done_and_leaves_nothing_behind():
    terminal = Terminal()
    with draw_progress(terminal) as show:
        show("train.csv", 30, 60)
        show("test.csv", 10, 40)
    last = text_of(terminal).rstrip().splitlines()[-1]
    assert last.startswith("test.csv ")
    assert " 25% " in last
    assert terminal.getvalue().endswith("\x1b[1A\x1b[2K"), "the line is taken away"


def test_bytes_are_told_as_such():
    terminal = Terminal()
    with draw_progress(terminal, in_bytes=True) as show:
        show("labels.gz", 1_500_000, 3_000_000)
    assert "1.5/3.0 MB" in text_of(terminal)


def test_a_file_gets_no_progress(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    terminal = io.StringIO()
    with draw_progress(terminal) as show:
        assert show is None
    make_console(terminal).print("plain [bold]words", style="red")
    assert terminal.getvalue() == "plain [bold]words\n"


def test_the_cursor_comes_back_after_a_fault(monkeypatch):
    terminal = Terminal()
    with pytest.raises(KeyboardInterrupt), draw_progress(terminal):
        raise KeyboardInterrupt
    assert terminal.getvalue().rfind("\x1b[?25h") > terminal.getvalue().rfind("\x1b[?25l") >= 0
    monkeypatch.setattr("sys.stderr", killed := Terminal())
    clear_abandoned_bar()
    assert killed.getvalue() == "\r\x1b[2K\x1b[?25h"
