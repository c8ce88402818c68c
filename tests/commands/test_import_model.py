"""python -m fmnist import-model: what it prints, and what it refuses."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import keras
import pytest

from fmnist.commands.import_model import main, open_run
from fmnist.config import ConfigError
from fmnist.runs import outputs, store
from fmnist.runs.imported_record import ImportedModel
from tests.factories import models as model_factory

ROOT = Path(__file__).parent.parent.parent


def command(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "fmnist", "import-model", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=400,
    )


def test_a_folder_is_checked_by_one_process(lab, tmp_path):
    path = model_factory.save(model_factory.build_model(), tmp_path)
    run = store.create_import_run("Theirs", ImportedModel(path.name), path.read_bytes())
    store.write_status(run.run_dir, pid=os.getppid(), pid_started_at=0.0)
    store.write_status(run.run_dir, host="elsewhere", heartbeat_at=time.time())
    with pytest.raises(ConfigError, match="is being checked by process"):
        open_run(run.run_dir)
    store.write_status(run.run_dir, status="completed")
    with pytest.raises(ConfigError, match="is completed: import the file again instead"):
        open_run(run.run_dir)


def test_the_command_scores_a_file_and_ends_with_json(lab, tmp_path):
    path = model_factory.save(model_factory.build_model((784,)), tmp_path, "flat one.keras")
    runs_dir = tmp_path / "elsewhere"
    done = command(str(path), "--outputs", "logits", "--runs-dir", str(runs_dir))
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sorted(answer) == ["run_id", "seconds", "test_accuracy", "test_loss"]
    run = store.read_run(runs_dir / answer["run_id"])
    assert (run.title, run.status.status) == ("flat one", "completed")
    assert answer["test_accuracy"] == outputs.read_results(run)["test_accuracy"] > 0.9
    found = "Detected: 784 in, values 0 to 1; logits (a softmax follows)"
    assert done.stderr.splitlines()[-1] == found
    assert "TensorFlow" not in done.stderr, "TensorFlow's own messages go to the log"
    settings = {"name": "flat one", "dataset": "fashion-mnist"}
    assert json.loads((run.run_dir / "config.json").read_text()) == settings


def test_the_command_says_why_a_model_is_refused_and_leaves_no_run(lab, tmp_path):
    model = keras.Sequential([keras.Input((28, 28)), keras.layers.Flatten(), keras.layers.Dense(5)])
    done = command(str(model_factory.save(model, tmp_path)))
    assert done.returncode == 2
    line = done.stderr.splitlines()[-1]
    assert line == (
        "theirs.keras returns an output of shape (5) for each image: expected ten numbers (10), "
        "one for each class."
    )
    assert done.stdout == ""
    assert store.list_runs() == []


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["missing.keras"], 2, "There is no file missing.keras."),
        (["text.keras"], 2, "text.keras is damaged or cut short, or was renamed"),
        (["text.keras", "--inputs", "grey"], 2, "invalid choice: 'grey'"),
        (["."], 2, ". is not the folder of an imported model: config.json is missing"),
        ([".", "--name", "x"], 2, "RUN_DIR has its own settings: leave out --name"),
    ],
)
def test_bad_input_is_one_line_and_makes_no_run(
    lab, tmp_path, monkeypatch, capfd, arguments, code, sentence
):
    (tmp_path / "text.keras").write_text("hello")
    monkeypatch.chdir(tmp_path)
    try:
        assert main(arguments) == code
    except SystemExit as ended:
        assert ended.code == code
    (line,) = capfd.readouterr().err.splitlines()
    assert sentence in line
    assert store.list_runs() == []
