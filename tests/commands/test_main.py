"""python -m fmnist: one door to all commands, and the four old ones."""

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from fmnist.__main__ import COMMANDS, main

ROOT = Path(__file__).parent.parent.parent


def python(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )


def test_help_lists_every_command_with_an_example_and_needs_neither_numpy_nor_tensorflow():
    code = """
import json, sys
from fmnist.__main__ import main
try:
    main(["--help"])
except SystemExit as left:
    heavy = {"keras", "numpy", "rich", "tensorflow"} & set(sys.modules)
    print(json.dumps([left.code, sorted(heavy)]))
"""
    done = python("-c", code)
    *help_lines, last = done.stdout.splitlines()
    assert json.loads(last) == [0, []], done.stderr
    for name, command in COMMANDS.items():
        assert any(line.split(maxsplit=1) == [name, command.purpose] for line in help_lines)
        assert f"python -m fmnist {name} {command.example}".rstrip() in map(str.strip, help_lines)


def test_there_is_a_command_for_each_file_and_each_says_what_it_does(capsys):
    files = {path.stem for path in (ROOT / "fmnist" / "commands").glob("*.py")}
    names = {name.replace("-", "_") for name in COMMANDS}
    assert files == names | {"__init__", "parser", "config_options", "ensure_dataset", "find_run"}
    for name in COMMANDS:
        module = importlib.import_module(f"fmnist.commands.{name.replace('-', '_')}")
        assert module.build_parser().prog == f"python -m fmnist {name}"
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        assert left.value.code == 0
        assert f"usage: python -m fmnist {name}" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["trian"], "there is no command 'trian': did you mean train?"),
        (["fine_tune"], "there is no command 'fine_tune': did you mean fine-tune?"),
        (["x\x1b[2J"], "there is no command 'x\\x1b[2J': choose one of train, predict, dataset"),
        ([], "the following arguments are required: COMMAND"),
    ],
)
def test_what_is_no_command_gets_one_line(arguments, said, capsys):
    try:
        code = main(arguments)
    except SystemExit as left:
        code = left.code
    out, err = capsys.readouterr()
    assert (code, out, len(err.splitlines())) == (2, "", 1)
    assert said in err


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [
        ("train", ["--epochs", "0"], "epochs is between 1 and 200, got 0"),
        ("predict", [], "python -m fmnist predict: the following arguments are required: FILE"),
        ("dataset", ["delete"], "python -m fmnist dataset delete: the following arguments are"),
        ("standin", ["made", "--seed", "-1"], "--seed is -1; expected 0 to 4294967295"),
    ],
)
def test_the_old_doors_lead_to_the_same_commands(name, arguments, said):
    old, new = (python("-m", *door, *arguments) for door in ([f"fmnist.{name}"], ["fmnist", name]))
    assert (old.returncode, old.stdout, old.stderr) == (new.returncode, new.stdout, new.stderr)
    assert (new.returncode, new.stdout, len(new.stderr.splitlines())) == (2, "", 1)
    assert said in new.stderr
