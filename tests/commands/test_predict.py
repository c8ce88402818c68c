"""The command line for predictions, with a real model that was trained on the made shapes."""

import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from fmnist import PROJECT_ROOT
from fmnist.commands import predict
from fmnist.commands.predict import find_model, main, read_file
from fmnist.drawing import drawing_model
from fmnist.drawing.preprocess import FILL_LEVEL
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE
from tests.factories import data as data_factory
from tests.factories import runs as run_factory


@pytest.fixture(autouse=True)
def _one_engine_for_all(engine, monkeypatch):
    monkeypatch.setattr(predict, "Engine", lambda: engine)
    monkeypatch.setattr(engine, "close", lambda: None)


def save(path: Path, picture: np.ndarray) -> str:
    Image.fromarray(picture).save(path)
    return str(path)


def one_of_each() -> np.ndarray:
    """Ten made images, uint8 (10, 28, 28): image i is of class i."""
    return data_factory.draw_shapes(np.arange(10, dtype=np.uint8), np.random.default_rng(1))


def test_the_classes_are_called_as_the_run_says(lab, tmp_path, capsys):
    run_factory.write_run(lab.runs_dir, with_model=True, class_names=data_factory.SHAPE_NAMES)
    assert main([save(tmp_path / "ring.png", one_of_each()[4])]) == 0
    assert json.loads(capsys.readouterr().out)["class"] == "ring"


def test_one_json_line_per_file_in_order(lab, tmp_path, capsys):
    run_factory.write_run(lab.runs_dir, with_model=True)
    images = one_of_each()
    files = [save(tmp_path / f"{label}.png", images[label]) for label in (1, 4, 9)]
    assert main(files) == 0
    captured = capsys.readouterr()
    lines = [json.loads(line) for line in captured.out.splitlines()]
    assert [line["file"] for line in lines] == files
    assert [line["label"] for line in lines] == [1, 4, 9]
    assert [line["class"] for line in lines] == ["Trouser", "Coat", "Ankle boot"]
    for line in lines:
        assert sorted(line) == sorted(
            ["file", "class", "label", "confidence", "unsure", "probabilities"]
        )
        assert sum(line["probabilities"]) == pytest.approx(1, abs=1e-4)
        assert line["confidence"] == max(line["probabilities"])
        assert line["unsure"] is (line["confidence"] < 0.5)


def test_files_that_cannot_be_read_do_not_stop_the_others(lab, tmp_path, capsys):
    run_dir = run_factory.write_run(lab.runs_dir, with_model=True)
    junk = tmp_path / "junk.png"
    junk.write_bytes(b"not a picture")
    # Drawn on a large white page: only the drawing path turns it around and cuts it out.
    page = np.full((400, 300), 255, np.uint8)
    page[50:162, 60:172] = 255 - np.kron(one_of_each()[6], np.ones((4, 4), np.uint8))
    drawing = save(tmp_path / "drawing.png", page)
    blank = save(tmp_path / "blank.png", np.full((50, 50), 255, np.uint8))
    absent = str(tmp_path / "absent.png")
    assert main(["--run", str(run_dir), "--sketch", str(junk), drawing, blank, absent]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert "not a picture" in lines[0]["error"]
    assert lines[1]["label"] == 6
    assert "empty" in lines[2]["error"]
    assert "No such file" in lines[3]["error"]
    assert [sorted(line) for line in lines if "error" in line] == [["error", "file"]] * 3


def test_without_run_the_newest_completed_one_answers(lab):
    run_factory.write_run(lab.runs_dir, "20260101-000000-old")
    run_factory.write_run(lab.runs_dir, "20260102-000000-new")
    run_factory.write_run(lab.runs_dir, "20260103-000000-stopped", status="stopped")
    run_factory.write_run(lab.runs_dir, "20260104-000000-failed", status="failed")
    assert find_model() == lab.runs_dir / "20260102-000000-new" / "model.keras"
    assert find_model("20260101-000000-old").parent.name == "20260101-000000-old"
    assert find_model(str(lab.runs_dir / "20260103-000000-stopped")).is_file()


def test_without_run_the_bundled_one_is_preferred(lab, bundled_dir):
    run_factory.write_run(bundled_dir.parent).rename(bundled_dir)
    own = run_factory.write_run(lab.runs_dir)
    assert find_model() == find_model("bundled") == bundled_dir / "model.keras"
    assert find_model(own.name) == own / "model.keras"


def test_the_model_for_drawings_answers_sketches_alone(lab, tmp_path, monkeypatch, capsys):
    photographs = run_factory.write_run(lab.runs_dir, with_model=True)
    folder = run_factory.write_run(tmp_path, with_model=True).rename(tmp_path / "drawing_model")
    (folder / UNCERTAINTY_FILE).write_text(json.dumps({"spread_above": 0.5}))
    monkeypatch.setattr(drawing_model, "DRAWING_MODEL", folder / "model.keras")
    assert find_model() == photographs / "model.keras"
    assert find_model(sketch=True) == folder / "model.keras"
    assert find_model(photographs.name, sketch=True) == photographs / "model.keras"
    picture = save(tmp_path / "ring.png", np.kron(one_of_each()[4], np.ones((4, 4), np.uint8)))
    assert main(["--sketch", picture]) == 0
    assert json.loads(capsys.readouterr().out)["unsure"] is True  # no perplexity is below 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "There is no completed run in"),
        (["--run", "bundled"], "There is no run 'bundled'"),
        (["--run", "../../etc/passwd"], "is not the id of a run"),
        (["--run", "20260101-000000-none"], "There is no run '20260101-000000-none'"),
        (["--run", "20260104-000000-failed"], "has no model.keras"),
        (["--run", "20260105-000000-junk"], "not a Keras model that can be opened"),
    ],
)
def test_without_a_model_one_line_says_so(lab, tmp_path, capfd, arguments, message):
    if arguments:
        run_factory.write_run(lab.runs_dir, "20260104-000000-failed", status="failed")
        run_factory.write_run(lab.runs_dir, "20260105-000000-junk")
    picture = save(tmp_path / "a.png", np.zeros((28, 28), np.uint8))
    assert main([*arguments, picture]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_help_and_bad_arguments_from_a_shell():
    def run(*arguments: str) -> subprocess.CompletedProcess:
        return subprocess.run(
            [sys.executable, "-m", "fmnist", "predict", *arguments], capture_output=True, text=True
        )

    helped = run("--help")
    assert helped.returncode == 0
    assert "--sketch" in helped.stdout
    bad = run("--size", "3")
    assert bad.returncode == 2
    assert "Traceback" not in bad.stderr


def test_alpha_16_bits_and_palettes_are_read(tmp_path):
    garment = np.zeros((56, 56), np.uint8)
    garment[14:42, 14:42] = 255
    pictures = {
        "grey": Image.fromarray(garment),
        "alpha": Image.merge("LA", [Image.new("L", (56, 56), 255), Image.fromarray(garment)]),
        "bits": Image.fromarray(garment.astype(np.uint16) * 257),
        "palette": Image.fromarray(garment).convert("P"),
    }
    for name, picture in pictures.items():
        buffer = io.BytesIO()
        picture.save(buffer, "PNG")
        path = tmp_path / f"{name}.png"
        path.write_bytes(buffer.getvalue())
        drawn = read_file(path, sketch=True)
        assert (drawn[3:25, 3:25] == FILL_LEVEL).all(), name
        plain = read_file(path, sketch=False)
        assert (plain == 255).all(), name


def test_a_shop_picture_and_the_same_as_a_plain_image_get_the_same_answer(lab, tmp_path, capsys):
    run_factory.write_run(lab.runs_dir, with_model=True)
    image = np.zeros((28, 28), np.uint8)
    image[:, 9:20] = 200
    image[5:12, 12:15] = 255
    large = np.pad(np.kron(image, np.ones((12, 12), np.uint8)), 50)
    pictures = {"plain": image, "on white": 255 - large, "on black": large}
    files = [save(tmp_path / f"{name}.png", picture) for name, picture in pictures.items()]
    assert main(files) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines[1:]:
        assert line["probabilities"] == pytest.approx(lines[0]["probabilities"], abs=0.01)


@pytest.mark.parametrize("shape", [(28, 28), (300, 200), (1, 1)])
@pytest.mark.parametrize("level", [0, 130, 255])
def test_a_picture_of_nothing_gets_an_error_and_no_class(lab, tmp_path, capsys, shape, level):
    run_factory.write_run(lab.runs_dir, with_model=True)
    for extra in ([], ["--sketch"]):
        assert main([*extra, save(tmp_path / "a.png", np.full(shape, level, np.uint8))]) == 1
        (line,) = map(json.loads, capsys.readouterr().out.splitlines())
        assert sorted(line) == ["error", "file"]
        assert "nothing stands out" in line["error"]


BUNDLED = PROJECT_ROOT / "fmnist" / "bundled"
CASES = {
    "p02-black-on-transparent": ("Trouser",),
    "p03-16-bit-small-values": ("Trouser",),
    "p04-squared-paper": ("T-shirt/top",),
    "p06-figure-with-axes": ("Ankle boot",),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("sketch", [False, True], ids=["photo", "sketch"])
def test_pictures_that_people_have(cases_dir, lab, capsys, case, sketch):
    files = sorted(map(str, (cases_dir / case).glob("*.png")))
    assert files
    model = ["--sketch"] if sketch else ["--run", str(BUNDLED)]
    assert main([*model, *files]) == 0
    for line in map(json.loads, capsys.readouterr().out.splitlines()):
        assert line["class"] in CASES[case] or line["unsure"], line
