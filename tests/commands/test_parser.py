"""How the commands read their options: one line for a mistake."""

import pytest

from fmnist.commands.parser import Parser


def test_a_mistake_is_one_line_and_no_option_is_abbreviated(capsys):
    parser = Parser(prog="lab")
    parser.add_argument("--seed", type=int)
    with pytest.raises(SystemExit) as left:
        parser.parse_args(["--se", "1"])
    assert left.value.code == 2
    assert capsys.readouterr().err == (
        "lab: unrecognized arguments: --se 1 (--help lists all options)\n"
    )


def test_what_was_typed_moves_nothing_on_the_terminal(capsys):
    with pytest.raises(SystemExit):
        Parser(prog="lab").parse_args(["\x1b]0;title\x07"])
    assert capsys.readouterr().err == (
        "lab: unrecognized arguments: ]0;title (--help lists all options)\n"
    )
