"""python -m fmnist train: what it makes of its options, what it refuses, how it fails."""

import errno
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from fmnist.commands import train
from fmnist.commands.train import build_parser, main, open_run, read_config
from fmnist.config import ConfigError, TrainConfig
from fmnist.runs import launch, outputs, store
from fmnist.runs.process import TrainingError
from tests.waits import failure_of, wait_for

ROOT = Path(__file__).parent.parent.parent


def command(*arguments: str, timeout: float = 400) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, "-m", "fmnist", "train", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
    )


def test_the_command_trains_and_ends_with_json(lab, tmp_path):
    runs_dir = tmp_path / "elsewhere"
    done = command(
        *("--architecture", "cnn", "--filters", "4,8", "--dense-units", "16", "--epochs", "1"),
        *("--batch-size", "32", "--weight-averaging", "--runs-dir", str(runs_dir)),
    )
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout.splitlines()[-1])
    assert sorted(answer) == ["run_id", "seconds", "test_accuracy", "test_loss"]
    run = store.read_run(runs_dir / answer["run_id"])
    assert run.config == TrainConfig(
        filters=(4, 8), dense_units=(16,), epochs=1, batch_size=32, weight_averaging=True
    )
    assert answer["test_accuracy"] == outputs.read_results(run)["test_accuracy"]
    assert "Epoch 1/1: loss" in done.stderr
    assert "TensorFlow" not in done.stderr, "TensorFlow's own messages go to the log"
    assert run.file("log.txt").stat().st_size > 0


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--filters", "8,x"], "argument --filters: expected a whole number, got 'x'"),
        (["--epochs", "0"], "epochs is between 1 and 200, got 0"),
        (["--start-from", "gone.keras"], "gone.keras cannot be read as a model to start from"),
        (["--dropout", "nan"], "dropout is a number, got nan"),
        (["--optimizer", "magic"], "optimizer is one of adam, adamw, sgd, rmsprop, got 'magic'"),
        (["--recipe", "none-such"], "There is no recipe 'none-such': choose one of"),
        (["--filters", "8,8,8,8,8"], "Convolution 4 has a 3×3 kernel"),
        (["--weight-averaging", "maybe"], "expected true or false, got 'maybe'"),
        (["--no-such-option"], "unrecognized arguments: --no-such-option"),
        (["no/such/folder"], "config.json is missing"),
        (["some/folder", "--epochs", "3"], "leave out --epochs"),
        (["some/folder", "--seed", "0"], "leave out --seed"),
        (["some/folder", "--weight-averaging", "false"], "leave out --weight-averaging"),
        (["some/folder", "--recipe", ""], "leave out --recipe"),
        (["some/folder", "--runs-dir", "."], "leave out --runs-dir"),
    ],
)
def test_bad_input_gets_one_line(lab, arguments, sentence, capfd):
    try:
        code = main(arguments)
    except SystemExit as left:
        code = left.code
    printed = capfd.readouterr()
    assert code == 2
    assert sentence in printed.err
    assert len(printed.err.splitlines()) == 1
    assert printed.out == ""
    assert store.list_runs() == []


def test_the_options_are_the_config_fields():
    options = vars(build_parser().parse_args(["--filters", "8,24,48", "--dropout", ".5"]))
    assert options["filters"] == (8, 24, 48)
    assert options["dropout"] == 0.5
    assert "epochs" not in options
    recipe = {"recipe": "conv-8-24-48-strided", "epochs": 3}
    assert read_config(recipe).differences(TrainConfig(epochs=3))["strides"] == (2, 1)
    assert read_config(recipe).epochs == 3


def test_waiting_and_refusing_need_no_tensorflow():
    code = """
import sys
import fmnist.commands.train
print(sorted({"keras", "tensorflow"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.stdout == "[]\n", done.stderr


def test_a_folder_that_another_process_waits_in_is_refused(lab):
    run = store.create_run(TrainConfig())
    store.claim_run(run.run_dir)
    assert open_run(run.run_dir).run_id == run.run_id, "this process's own"
    other = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    try:
        started_at = psutil.Process(other.pid).create_time()
        store.write_status(run.run_dir, pid=other.pid, pid_started_at=started_at)
        with pytest.raises(ConfigError, match=f"already belongs to process {other.pid} on"):
            open_run(run.run_dir)
    finally:
        other.communicate(b"\n")
    with pytest.raises(ConfigError, match="is failed: only a queued run"):
        open_run(run.run_dir)


# -- failing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "with_file", "advice"),
    [
        (errno.ENOSPC, False, "the disk is full; free some space."),
        (errno.EROFS, True, "it is read-only; allow writing there."),
        (errno.EACCES, True, "allow writing there."),
    ],
)
def test_a_folder_that_can_no_longer_be_written_fails_the_run(
    lab, monkeypatch, code, with_file, advice
):
    run = store.create_run(TrainConfig())

    def refuse(*_, **__):
        path = [str(run.file("model.keras"))] if with_file else []
        raise OSError(code, os.strerror(code), *path)

    monkeypatch.setattr(train, "train_and_evaluate", refuse)
    with pytest.raises(TrainingError) as caught:
        train.train_run(run, None)
    expected = f"{run.run_dir} could not be written or read ({os.strerror(code)}): {advice}"
    assert str(caught.value) == expected
    status = store.load_run(run.run_id).status
    assert (status.status, status.message) == ("failed", expected)


@pytest.mark.parametrize("watched_by", [launch.BACKGROUND, launch.TERMINAL])
def test_an_unforeseen_error_gets_one_line_and_its_traceback_lies_in_the_log(lab, watched_by):
    code = """
import sys
from fmnist.commands import train

class ResourceExhaustedError(Exception):
    pass

def run_out(*_, **__):
    raise ResourceExhaustedError("OOM when allocating " + 99 * "word " + "\\nand pages more")

train.train_and_evaluate = run_out
sys.exit(train.main(sys.argv[1:]))
"""
    done = subprocess.run(
        [sys.executable, "-c", code, str(store.create_run(TrainConfig()).run_dir)],
        cwd=ROOT,
        env=os.environ | {launch.WATCHED_BY: watched_by},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert (done.returncode, done.stdout) == (1, "")
    (run,) = store.list_runs()
    line = done.stderr.splitlines()[-1]
    assert line.startswith("The training failed: ResourceExhaustedError: OOM when allocating word")
    assert line.endswith(f" … (details in {run.file('log.txt')})")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "Traceback" in outputs.read_log(run)
    assert "and pages more" in outputs.read_log(run)
    assert run.status.status == "failed"
    assert run.status.message.startswith("ResourceExhaustedError: OOM when allocating")
    assert len(run.status.message) < 260


def test_a_runs_folder_that_cannot_be_made_gets_one_line(lab, tmp_path):
    blocked = tmp_path / "a-file"
    blocked.write_text("in the way")
    done = command("--runs-dir", str(blocked / "runs"))
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
    assert "cannot be written" in done.stderr


def test_an_unknown_dataset_makes_no_run_and_a_sentence(lab, capfd):
    assert main(["--dataset", "kmnist"]) == 2
    assert "There is no dataset 'kmnist'" in capfd.readouterr().err
    assert main(["--dataset", "../x"]) == 2
    assert "dataset is a short name of small letters" in capfd.readouterr().err
    assert store.list_runs() == []


# -- ended by a signal ----------------------------------------------------------------------------

# A training as it is, in whose first step something native gives up.
_DIES = """
import os, signal, sys
from fmnist.commands import train

def die(*_, **__):
    sys.stderr.write({line!r} + "\\n")
    sys.stderr.flush()
    {death}

train.train_and_evaluate = die
"""
_CHECK_FAILED = (
    "F0000 00:00:1795612242.611933   11697 mkl_layout_pass.cc:2665] Check failed: "
    "orig_node->input_node(1, &filter_node) is OK (NOT_FOUND: Could not find input edge 1 for "
    "StatefulPartitionedCall/conv_1/Conv2D)"
)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no signals")
@pytest.mark.parametrize(
    ("death", "line", "sentences"),
    [
        (
            "os.abort()",
            _CHECK_FAILED,
            [
                "The training process aborted (exit code -6, SIGABRT).",
                "Its log says: “Check failed: orig_node->input_node(1, &filter_node)",
                "Could not find input edge 1 for StatefulPartitionedCall/conv_1/Conv2D)”.",
            ],
        ),
        (
            "os.kill(os.getpid(), signal.SIGKILL)",
            "",
            ["was killed, possibly for lack of memory (exit code -9, SIGKILL)."],
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "", ["crashed (exit code -11, SIGSEGV)."]),
        ("os.kill(os.getpid(), signal.SIGBUS)", "", ["crashed (exit code -7, SIGBUS)."]),
        ("os._exit(3)", "", ["The training process ended with exit code 3."]),
    ],
    ids=["abort", "kill", "segmentation", "bus", "exit"],
)
def test_a_training_that_dies_says_why_at_the_terminal_and_in_its_folder(
    lab, tmp_path, death, line, sentences
):
    # Python reads this file first in every process; the rest is the command as it is.
    (tmp_path / "sitecustomize.py").write_text(_DIES.format(death=death, line=line))
    environment = os.environ | {"PYTHONPATH": os.pathsep.join((str(tmp_path), str(ROOT)))}
    done = subprocess.run(
        [sys.executable, "-m", "fmnist", "train", "--epochs", "1"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
    )
    (run,) = store.list_runs()
    assert (done.returncode, done.stdout) == (1, "")
    said = done.stderr.splitlines()[-1]
    assert said == f"The training failed: {run.status.message}"
    assert run.status.status == "failed"
    for sentence in sentences:
        assert sentence in said
    assert ("memory" in said) == ("SIGKILL" in said), "a guess that fits nothing else"


@pytest.fixture
def _ctrl_c_is_heard() -> Iterator[None]:
    """Also where the tests run in the background, where programs ignore it by default."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("_ctrl_c_is_heard")
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT to send")
def test_ctrl_c_stops_and_scores_and_a_killed_command_leaves_no_training_behind(lab):
    arguments = ["--filters", "4", "--dense-units", "8", "--epochs", "200", "--batch-size", "8"]
    for end in (signal.SIGINT, signal.SIGKILL):
        watching = subprocess.Popen(
            [sys.executable, "-m", "fmnist", "train", *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        wait_for(lambda: [run for run in store.list_runs() if run.is_live], "the run")
        run_dir = next(run for run in store.list_runs() if run.is_live).run_dir
        wait_for(
            lambda folder=run_dir: (store.read_status(folder).step or 0) > 0,
            "its first step",
            300,
            lambda folder=run_dir: failure_of(folder),
        )
        watching.send_signal(end)
        output, errors = watching.communicate(timeout=400)
        wait_for(lambda folder=run_dir: not store.read_status(folder).is_live, "its end", 120)
        run = store.read_run(run_dir)
        assert (run.status.status, run.damaged) == ("stopped", "")
        assert outputs.read_results(run)["test_accuracy"] > 0
        if end == signal.SIGINT:
            assert json.loads(output.splitlines()[-1])["run_id"] == run.run_id
            assert "Stopping. Press Ctrl-C again to end it without a model." in errors
            assert watching.returncode == 0
