"""python -m fmnist model-card: the card, the bundle, and what is refused."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from fmnist.commands.model_card import main
from fmnist.evaluation.model_card import compute_model_card
from fmnist.evaluation.model_card_text import format_model_card
from fmnist.runs.bundle import CARD_FILE
from tests.factories import runs as run_factory

ROOT = Path(__file__).parent.parent.parent


def test_the_card_of_a_run_by_id_and_by_folder(made, labels, capsys):
    expected = format_model_card(compute_model_card(made, labels))
    assert main([made.run_id]) == 0
    assert main([str(made.run_dir)]) == 0
    assert capsys.readouterr().out == 2 * expected


def test_bundling_from_the_command_line(made, bundled_dir, capsys):
    assert main([made.run_id, "--bundle"]) == 0
    assert capsys.readouterr().out == f"{bundled_dir}\n"
    assert main(["bundled"]) == 0
    assert capsys.readouterr().out == (bundled_dir / CARD_FILE).read_text("utf-8")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["../../etc/passwd"], "is not the id of a run"),
        (["/etc"], "config.json is missing"),
        (["20260101-000000-none"], "There is no run '20260101-000000-none'"),
        (["bundled"], "There is no run 'bundled'"),
        (["20260104-000000-failed"], "is failed and has no scores"),
        (["20260105-000000-stopped", "--bundle"], "only a completed run is bundled"),
        (["20260106-000000-other"], "was scored on other data (fingerprint 0123456789abcdef)"),
        (["20260107-000000-wrong"], "do not sum to 1"),
        (["20260107-000000-wrong", "--bundel"], "unrecognized arguments: --bundel"),
        ([], "the following arguments are required"),
    ],
)
def test_wrong_input_is_one_sentence(lab, capsys, arguments, message):
    run_factory.write_run(lab.runs_dir, "20260104-000000-failed", status="failed")
    run_factory.write_run(lab.runs_dir, "20260105-000000-stopped", status="stopped")
    other = run_factory.write_run(lab.runs_dir, "20260106-000000-other")
    environment = json.loads((other / "environment.json").read_text())
    environment["dataset_fingerprint"] = "0123456789abcdef"
    (other / "environment.json").write_text(json.dumps(environment))
    wrong = run_factory.write_run(lab.runs_dir, "20260107-000000-wrong")
    np.save(wrong / "test_probabilities.npy", np.ones((200, 10), np.float32))
    assert exit_code(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as error:
        return error.code


def test_a_folder_that_cannot_be_written_is_one_sentence(made, bundled_dir, capsys):
    shutil.rmtree(bundled_dir.parent)
    assert main([made.run_id, "--bundle"]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_help_from_a_shell_loads_no_tensorflow():
    script = (
        "import sys\nfrom fmnist.commands.model_card import main\ntry:\n    main(['--help'])\n"
        "except SystemExit as end:\n    assert not end.code\nassert 'tensorflow' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "--bundle" in done.stdout
