"""python -m fmnist fine-tune: what it refuses."""

import pytest

from fmnist.commands.fine_tune import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "There is no correction to train on"),
        (["."], "is not the folder of a fine-tuning run: config.json is missing"),
        ([".", "--dataset", "x"], "RUN_DIR has its own settings"),
    ],
)
def test_bad_input_is_one_line(lab, capsys, monkeypatch, arguments, sentence):
    monkeypatch.chdir(lab.cache_dir)
    try:
        assert main(arguments) == 2
    except SystemExit as ended:
        assert ended.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line
