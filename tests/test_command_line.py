"""What the commands have in common: one line for a mistake, one line of progress."""

import io

import pytest

from fmnist import command_line
from fmnist.command_line import Parser, draw_progress, say


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_mistake_is_one_line_and_no_option_is_abbreviated(capsys):
    parser = Parser(prog="lab")
    parser.add_argument("--seed", type=int)
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["--se", "1"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "lab: unrecognized arguments: --se 1 (--help lists all options)\n"
    )


def test_what_a_file_is_called_moves_nothing_on_the_terminal(capsys):
    say(ValueError("a\x1b[2Jb\u202ecod\n.png\x07 is no picture"))
    with pytest.raises(SystemExit):
        Parser(prog="lab").parse_args(["\x1b]0;title\x07"])
    screen = Terminal()
    with draw_progress(screen) as show:
        show("x\x1b[1A.csv", 60, 60)
    assert capsys.readouterr().err == (
        "a[2Jbcod .png is no picture\n"
        "lab: unrecognized arguments: ]0;title (--help lists all options)\n"
    )
    assert "x[1A.csv: 100%" in screen.getvalue()


def test_progress_is_one_line_that_is_cleared(monkeypatch):
    monkeypatch.setattr(command_line, "DRAW_EVERY", 0)
    screen = Terminal()
    with draw_progress(screen) as show:
        show("train.csv", 30, 60)
        show("train.csv", 60, 60)
    clear = "\r\033[K"
    assert screen.getvalue() == (
        f"{clear}train.csv: 50%, about 0 s left{clear}train.csv: 100%, about 0 s left{clear}"
    )


def test_progress_is_not_drawn_too_often(monkeypatch):
    monkeypatch.setattr(command_line, "DRAW_EVERY", 1e6)
    screen = Terminal()
    with draw_progress(screen) as show:
        for done in range(1, 100):
            show("x", done, 1000)
        assert screen.getvalue().count("x: ") == 1
        show("x", 1000, 1000)
    assert screen.getvalue().count("x: ") == 2


def test_a_file_gets_no_progress():
    screen = io.StringIO()
    with draw_progress(screen) as show:
        assert show is None
    assert screen.getvalue() == ""


def test_the_line_is_cleared_after_a_fault():
    screen = Terminal()
    with pytest.raises(KeyboardInterrupt), draw_progress(screen):
        raise KeyboardInterrupt
    assert screen.getvalue() == "\r\033[K"
