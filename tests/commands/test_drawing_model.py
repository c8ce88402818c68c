"""python -m fmnist drawing-model: what it refuses."""

from fmnist.commands.drawing_model import main


def test_the_command_says_what_is_wrong_in_one_line(lab, capsys):
    assert main(["20260101-000000-none"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1
    assert "There is no run" in captured.err
