"""pages/draw.py as a person meets it: no model, a drawing, uploads good and bad, hostile addresses.

What the canvas sends is put in its place; drawing with a mouse is tested in the browser.
"""

import base64
import io
import re
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from fmnist.sketch import FILL_LEVEL
from pages import _draw_canvas
from tests import made_runs

APP = Path(__file__).parents[2] / "app.py"
RUN = "20260102-030405-made"


@pytest.fixture
def canvas(monkeypatch) -> SimpleNamespace:
    """What the browser's canvas last sent is `canvas.drawing`."""
    sent = SimpleNamespace(drawing=None)
    monkeypatch.setattr(_draw_canvas, "_component", lambda **_: sent)
    return sent


@pytest.fixture
def open_page(lab, engine, canvas):
    def opened(**query: str) -> AppTest:
        at = AppTest.from_file(APP, default_timeout=30)
        for name, value in query.items():
            at.query_params[name] = value
        return at.switch_page("pages/draw.py").run()

    return opened


def as_url(picture: np.ndarray) -> str:
    return "data:image/png;base64," + base64.b64encode(as_png(picture)).decode("ascii")


def as_png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def bag(level: int = 255, paper: int = 0) -> np.ndarray:
    """A wide box on paper, uint8 (336, 336); as an image it fills rows 7 to 20."""
    drawing = np.full((336, 336), paper, np.uint8)
    drawing[100:184, 80:248] = level
    return drawing


def shown(at: AppTest) -> str:
    """The text of the answer's place, without its markup."""
    (answer,) = at.get("html")
    body = re.sub(r"<style>.*?</style>", "", answer.proto.body, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip()


def expect_bag(engine) -> None:
    """The engine was shown a lying box of 14 × 28 pixels, filled."""
    image = engine.asked[-1][1][0]
    assert (image[9:19, 3:25] == FILL_LEVEL).all()
    assert not image[:7].any()
    assert not image[21:].any()


def upload(at: AppTest, content: bytes, name: str = "bag.png") -> AppTest:
    at.segmented_control(key="draw_source").set_value("upload").run()
    return at.file_uploader(key="draw_upload").upload(name, content, "image/png").run()


@pytest.mark.parametrize("status", [None, "queued", "running", "failed"])
def test_without_a_model_the_way_to_train_one_is_shown(open_page, lab, engine, status):
    if status:
        made_runs.write_run(lab.runs_dir, status=status)
    at = open_page()
    assert not at.exception
    assert "No model yet" in at.info[0].value
    assert not at.get("html")


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_an_empty_canvas_gets_a_hint_and_no_prediction(open_page, lab, engine, canvas, status):
    made_runs.write_run(lab.runs_dir, status=status)
    at = open_page()
    assert not at.exception
    assert shown(at).startswith("Draw a garment The answer appears here after each stroke.")
    assert shown(at).count("–") == 10
    canvas.drawing = {"image": None}  # everything undone, or cleared
    assert shown(at.run()).startswith("Draw a garment")
    canvas.drawing = {"image": as_url(bag(level=0))}  # everything erased
    assert shown(at.run()).startswith("Nothing to see")
    assert engine.asked == []


def test_a_drawing_is_answered_with_ten_probabilities(open_page, lab, engine, canvas):
    run_dir = made_runs.write_run(lab.runs_dir)
    canvas.drawing = {"image": as_url(bag())}
    at = open_page()
    assert not at.exception
    text = shown(at)
    assert text.startswith("Bag Confidence 90.0 %")
    assert "It took 2.3 ms." in text
    assert re.findall(r"[\d.]+ %", text)[1:] == ["1.1 %"] * 8 + ["90.0 %", "1.1 %"]
    assert engine.asked[-1][0] == run_dir / "model.keras"
    expect_bag(engine)


def test_under_one_half_it_is_not_sure(open_page, lab, engine, canvas):
    made_runs.write_run(lab.runs_dir)
    engine.confidence = 0.41
    canvas.drawing = {"image": as_url(bag())}
    assert shown(open_page()).startswith("Not sure Perhaps Bag (confidence 41.0 %)")


def test_the_run_in_the_address_answers(open_page, lab, engine, canvas):
    made_runs.write_run(lab.runs_dir, "20260101-000000-old")
    made_runs.write_run(lab.runs_dir, "20260102-000000-new")
    canvas.drawing = {"image": as_url(bag())}
    open_page(run="20260101-000000-old")
    assert engine.asked[-1][0].parent.name == "20260101-000000-old"
    at = open_page()
    assert engine.asked[-1][0].parent.name == "20260102-000000-new"
    at.selectbox(key="url_run").set_value("20260101-000000-old").run()
    assert engine.asked[-1][0].parent.name == "20260101-000000-old"


@pytest.mark.parametrize("status", [None, "running", "failed", "stopped"])
def test_without_a_completed_run_the_bundled_one_answers(
    open_page, lab, engine, canvas, bundled_dir, status
):
    made_runs.write_run(bundled_dir.parent).rename(bundled_dir)
    if status:
        made_runs.write_run(lab.runs_dir, status=status)
    canvas.drawing = {"image": as_url(bag())}
    at = open_page()
    assert not at.exception
    assert not at.info
    assert shown(at).startswith("Bag")
    assert engine.asked[-1][0] == bundled_dir / "model.keras"
    assert at.selectbox(key="url_run").options[-1] == (
        "bundled · test 90.0\N{NO-BREAK SPACE}% · comes with the Lab"
    )
    assert "This model comes with the Lab" in at.caption[0].value


def test_a_completed_run_answers_before_the_bundled_one(
    open_page, lab, engine, canvas, bundled_dir
):
    made_runs.write_run(bundled_dir.parent).rename(bundled_dir)
    made_runs.write_run(lab.runs_dir, "20260101-000000-own")
    canvas.drawing = {"image": as_url(bag())}
    at = open_page()
    assert engine.asked[-1][0].parent.name == "20260101-000000-own"
    assert not [caption for caption in at.caption if "comes with the Lab" in caption.value]
    at.selectbox(key="url_run").set_value("bundled").run()
    assert engine.asked[-1][0] == bundled_dir / "model.keras"
    assert at.query_params["run"] in ("bundled", ["bundled"])


def test_a_run_in_the_address_that_still_trains_says_so(open_page, lab, engine, canvas):
    made_runs.write_run(lab.runs_dir, "20260101-000000-live", status="running")
    made_runs.write_run(lab.runs_dir, "20260102-000000-done")
    canvas.drawing = {"image": as_url(bag())}
    at = open_page(run="20260101-000000-live")
    assert not at.exception
    assert "has no model that can answer (running)" in at.info[0].value
    assert engine.asked == []


@pytest.mark.parametrize(
    "query",
    [
        {"run": "../../etc/passwd"},
        {"run": "<script>alert(1)</script>"},
        {"run": "20200101-000000-gone"},
        {"run": RUN, "index": "99999999"},
    ],
    ids=["path", "script", "deleted", "index"],
)
def test_hostile_addresses_are_met_politely(open_page, lab, engine, canvas, query):
    made_runs.write_run(lab.runs_dir)
    canvas.drawing = {"image": as_url(bag())}
    at = open_page(**query)
    assert not at.exception
    assert shown(at).startswith("Bag")


@pytest.mark.parametrize(
    "message",
    [
        {"image": "data:text/html,<script>"},
        {"image": "data:image/png;base64,#not base64#"},
        {"image": "data:image/png;base64," + "A" * 2_000_000},
        {"image": "data:image/png;base64," + base64.b64encode(b"no picture").decode()},
        {"image": 7},
        "drawing",
    ],
    ids=["other type", "not base64", "too long", "no picture", "number", "text"],
)
def test_a_hostile_canvas_gets_one_sentence(open_page, lab, engine, canvas, message):
    made_runs.write_run(lab.runs_dir)
    canvas.drawing = message
    at = open_page()
    assert not at.exception
    assert len(at.error) == 1
    assert engine.asked == []


def test_an_engine_that_cannot_answer_says_why(open_page, lab, engine, canvas):
    made_runs.write_run(lab.runs_dir)
    engine.error = "The model is damaged."
    canvas.drawing = {"image": as_url(bag())}
    at = open_page()
    assert not at.exception
    assert [error.value for error in at.error] == ["The model is damaged."]


def test_uploads_with_alpha_16_bits_or_a_palette_are_answered(open_page, lab, engine):
    made_runs.write_run(lab.runs_dir)
    rgba = np.zeros((336, 336, 4), np.uint8)
    rgba[..., 3] = bag()
    pictures = {
        "white on black": as_png(bag()),
        "black on white": as_png(bag(level=0, paper=255)),
        "transparent around black": as_png(rgba),
        "16 bits": as_png(bag().astype(np.uint16) * 257),
    }
    buffer = io.BytesIO()
    Image.fromarray(bag()).convert("P").save(buffer, "PNG")
    pictures["palette"] = buffer.getvalue()
    at = open_page()
    for name, content in pictures.items():
        upload(at, content)
        assert not at.exception, name
        assert shown(at).startswith("Bag"), name
        expect_bag(engine)
    assert len(engine.asked) >= len(pictures)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no picture", "not a picture"),
        (as_png(np.zeros((1, 20_000), np.uint8)), "20,000"),
        (as_png(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8))[:4000], "cut short"),
    ],
    ids=["not an image", "20,000 px wide", "truncated"],
)
def test_an_upload_that_cannot_be_used_gets_one_sentence(open_page, lab, engine, content, message):
    made_runs.write_run(lab.runs_dir)
    at = upload(open_page(), content)
    assert not at.exception
    (error,) = at.error
    assert message in error.value
    assert engine.asked == []


def test_a_blank_upload_gets_a_hint(open_page, lab, engine):
    made_runs.write_run(lab.runs_dir)
    at = upload(open_page(), as_png(np.full((60, 60), 255, np.uint8)))
    assert not at.exception
    assert shown(at).startswith("Nothing to see")
    assert engine.asked == []
