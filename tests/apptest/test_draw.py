"""pages/draw.py as a person meets it: no model, drawings, pictures good and bad, hostile addresses.

What the canvas sends is put in its place; drawing with a mouse is tested in the browser.
"""

import io
import json
import re
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.testing.v1 import AppTest

from fmnist import json_files
from fmnist.data.dataset import CLASS_NAMES
from fmnist.drawing import corrections, fabric
from fmnist.drawing import drawing_model as shipped_model
from fmnist.drawing.corrections import correct
from fmnist.drawing.preprocess import FILL_LEVEL
from fmnist.drawing.strokes import from_link, load_examples, parse, to_json, to_link
from fmnist.evaluation.uncertainty import UNCERTAINTY_FILE
from fmnist.pace import Pace
from fmnist.runs import jobs, settings, store
from fmnist.runs.fine_tuned_record import Comparison, FineTuned
from pages._draw import explanation
from tests.apptest.app_pages import button, words
from tests.factories import runs as run_factory
from tests.factories.fabric import as_sent

APP = Path(__file__).parents[2] / "app.py"
RUN = "20260102-030405-made"
# The outline of a bag, twice as wide as high; as an image it fills rows 7 to 20.
BAG = {
    "width": 8,
    "erases": False,
    "points": [[44, 88], [212, 88], [212, 168], [44, 168], [44, 88]],
}


@pytest.fixture
def canvas(monkeypatch) -> SimpleNamespace:
    """What the browser's canvas last sent is `canvas.drawing`; the colour and width of its brush
    are `canvas.colour` and `canvas.width`, what was put on it `canvas.given`, version and drawing.
    """
    sent = SimpleNamespace(drawing=None, colour=None, width=None, given=None)

    def st_canvas(*, initial_drawing, stroke_color, stroke_width, key, **_) -> SimpleNamespace:
        st.session_state.setdefault(key, {})  # as a component's is while it is on the page
        sent.given = fabric.from_objects(as_sent(initial_drawing["objects"]))
        sent.colour, sent.width = stroke_color, stroke_width / fabric.PIXELS
        return SimpleNamespace(json_data=sent.drawing or initial_drawing)

    module = SimpleNamespace(st_canvas=st_canvas)  # the real one asks for a running server
    monkeypatch.setitem(sys.modules, "streamlit_drawable_canvas", module)
    return sent


@pytest.fixture(autouse=True)
def drawing_model(tmp_path, monkeypatch) -> Path:
    """Where the model for drawings lies: a file that is not there yet."""
    path = tmp_path / "drawing_model" / "model.keras"
    monkeypatch.setattr(shipped_model, "DRAWING_MODEL", path)
    return path


@pytest.fixture
def open_page(lab, engine, canvas):
    def opened(**query: str) -> AppTest:
        at = AppTest.from_file(APP, default_timeout=120)
        for name, value in query.items():
            at.query_params[name] = value
        return at.switch_page("pages/draw.py").run()

    return opened


def drawn(*strokes: dict, version: int = 0) -> dict:
    """The browser's message about these strokes."""
    return as_sent(fabric.to_objects(parse(list(strokes)), version))


def sent_with(*paths: dict) -> dict:
    """The browser's message with these paths, whatever they are."""
    return {"objects": [*drawn()["objects"], *paths]}


def as_png(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


def bag(level: int = 255, paper: int = 0) -> np.ndarray:
    """A wide box on paper, uint8 (336, 336)."""
    drawing = np.full((336, 336), paper, np.uint8)
    drawing[100:184, 80:248] = level
    return drawing


def texts(at: AppTest) -> list[str]:
    """The text of every piece of HTML, without its markup."""
    bodies = (
        re.sub(r"<style>.*?</style>", "", one.proto.body, flags=re.DOTALL)
        for one in at.main.get("html")
    )
    return [re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", body)).strip() for body in bodies]


def shown(at: AppTest) -> str:
    """The text of the prediction's place."""
    return texts(at)[0]


def open_tab(at: AppTest, label: str) -> None:
    """As a click on a tab does, which AppTest cannot make."""
    at.session_state[f"draw_tabs_{len(at.tabs)}"] = label
    at.run()


def expect_bag(engine) -> None:
    """The engine was shown a lying box of 14 × 28 pixels, filled."""
    image = engine.asked[0][1][0]
    engine.asked.clear()
    assert (image[9:19, 3:25] == FILL_LEVEL).all()
    assert not image[:7].any()
    assert not image[21:].any()


def upload(at: AppTest, content: bytes, name: str = "bag.png") -> AppTest:
    at.segmented_control(key="draw_source").set_value("upload").run()
    return at.file_uploader(key="draw_upload").upload(name, content, "image/png").run()


def open_file(at: AppTest, content: bytes) -> AppTest:
    """Choose a file in the dialog, which AppTest closes at every run."""
    at.button(key="draw_files").click()
    return at.file_uploader(key="drawing_0").upload("drawing.json", content).run()


@pytest.mark.parametrize("status", [None, "queued", "running", "failed"])
def test_without_a_model_the_way_to_train_one_is_shown(open_page, lab, engine, status):
    if status:
        run_factory.write_run(lab.runs_dir, status=status)
    at = open_page()
    assert not at.exception
    assert "No model yet" in at.info[0].value
    assert not at.main.get("html")


@pytest.mark.parametrize("status", ["completed", "stopped"])
def test_an_empty_canvas_gets_a_hint_and_no_prediction(open_page, lab, engine, canvas, status):
    run_factory.write_run(lab.runs_dir, status=status)
    at = open_page()
    assert not at.exception
    assert shown(at).startswith("Draw a garment The prediction appears here after each stroke.")
    assert shown(at).count("–") == 10
    canvas.drawing = drawn()  # everything undone, or cleared
    assert shown(at.run()).startswith("Draw a garment")
    canvas.drawing = drawn(BAG, BAG | {"width": 40, "erases": True})  # everything erased
    assert shown(at.run()).startswith("Nothing to see")
    assert engine.asked == []


def test_a_drawing_is_answered_with_ten_probabilities(open_page, lab, engine, canvas):
    run_dir = run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    text = shown(at)
    assert text.startswith("Bag Confidence 90.0 %")
    assert "It took 2 ms." in text
    assert re.findall(r"[\d.]+ %", text)[2:] == ["1.1 %"] * 8 + ["90.0 %", "1.1 %"]
    assert engine.asked[-1][0] == run_dir / "model.keras"
    expect_bag(engine)
    assert at.tabs[0].label == "Step by step"
    links = {link.proto.label: link.proto for link in at.main.get("page_link")}
    inside = links["See it layer by layer"]
    assert inside.page == "inside"
    assert "view=network" in inside.query_string
    assert to_link(parse([BAG])) in inside.query_string


def test_in_a_crowd_the_steps_are_shown_when_asked_for(open_page, lab, engine, canvas, monkeypatch):
    run_factory.write_run(lab.runs_dir)
    crowd = Pace(usual=4.0, most=3.0, clock=lambda: 0.0)
    for person in range(12):
        crowd.look(person)
    monkeypatch.setattr(explanation, "_STROKES", crowd)
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert shown(at).startswith("Bag Confidence 90.0 %")
    assert len(engine.asked) == 1
    assert not at.tabs
    button(at, "Show how the prediction came about").click().run()
    assert not at.exception
    assert at.tabs[0].label == "Step by step"
    assert "Show how the prediction came about" not in [one.label for one in at.button]


def test_under_one_half_it_is_not_sure(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    engine.confidence = 0.41
    canvas.drawing = drawn(BAG)
    assert shown(open_page()).startswith("Not sure Perhaps Bag (confidence 41.0 %)")


def test_the_run_in_the_address_answers(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir, "20260101-000000-old")
    run_factory.write_run(lab.runs_dir, "20260102-000000-new")
    canvas.drawing = drawn(BAG)
    open_page(model="20260101-000000-old")
    assert engine.asked[-1][0].parent.name == "20260101-000000-old"
    open_page()
    assert engine.asked[-1][0].parent.name == "20260102-000000-new"


@pytest.mark.parametrize("status", [None, "running", "failed", "stopped", "completed"])
def test_the_bundled_one_answers_until_another_is_taken(
    open_page, lab, engine, canvas, bundled_dir, status
):
    run_factory.write_run(bundled_dir.parent).rename(bundled_dir)
    if status:
        run_factory.write_run(lab.runs_dir, status=status)
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    assert not at.info
    assert shown(at).startswith("Bag")
    assert engine.asked[-1][0] == bundled_dir / "model.keras"


def test_a_run_in_the_address_that_still_trains_says_so(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir, "20260101-000000-live", status="running")
    run_factory.write_run(lab.runs_dir, "20260102-000000-done")
    canvas.drawing = drawn(BAG)
    at = open_page(model="20260101-000000-live")
    assert not at.exception
    assert "has no model that can be used (running)" in at.info[0].value
    assert engine.asked == []


@pytest.mark.parametrize(
    "query",
    [
        {"model": "../../etc/passwd"},
        {"model": "<script>alert(1)</script>"},
        {"model": "20200101-000000-gone"},
        {"model": RUN, "index": "99999999"},
        {"drawing": "<script>alert(1)</script>"},
        {"drawing": "AQ" + "A" * 100_000},
        {"drawing": to_link(parse([BAG]))[:-3]},
    ],
    ids=["path", "script", "deleted", "index", "no drawing", "huge drawing", "half a drawing"],
)
def test_hostile_addresses_are_met_politely(open_page, lab, engine, canvas, query):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn(BAG)
    at = open_page(**query)
    assert not at.exception
    assert shown(at).startswith("Bag")


BAG_SENT = drawn(BAG)["objects"][1]


@pytest.mark.parametrize(
    ("message", "problem"),
    [
        ({"objects": None}, "in one piece"),
        ({"objects": [BAG_SENT]}, "in one piece"),
        ("drawing", "in one piece"),
        (drawn() | {"objects": drawn()["objects"] + ["<script>"]}, "in one piece"),
        (sent_with(BAG_SENT | {"path": [["M", 1, "<script>"], ["L", 1, 1]]}), "in one piece"),
        (sent_with(BAG_SENT | {"path": [["M", 1, 1], ["Z"]]}), "in one piece"),
        (sent_with(BAG_SENT | {"path": [["M", 1, 1], ["L", 1e999, 1]]}), "in one piece"),
        (sent_with(BAG_SENT | {"scaleX": 1e9}), "in one piece"),
        (sent_with(BAG_SENT | {"path": [["M", 1, 1]] + [["L", 9, 9]] * 200_000}), "full"),
        (sent_with(*[BAG_SENT] * 100_000), "full"),
    ],
    ids=[
        "nothing", "no version", "text", "a script", "a script's number", "another command",
        "endless", "as wide as the sea", "200,000 points", "100,000 strokes",
    ],
)  # fmt: skip
def test_a_hostile_canvas_gets_one_sentence_and_can_be_cleared(
    open_page, lab, engine, canvas, message, problem
):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = message
    at = open_page()
    assert not at.exception
    (error,) = at.error
    assert problem in error.value
    assert engine.asked == []
    at.button(key="drawing_clear").click().run()
    canvas.drawing = drawn(version=1)  # the canvas shows what it was given
    at.run()
    assert not at.error
    assert shown(at).startswith("Draw a garment")


def test_undo_takes_back_the_stroke_that_a_full_canvas_refused_and_no_other(
    open_page, lab, canvas, monkeypatch
):
    run_factory.write_run(lab.runs_dir)
    monkeypatch.setattr(fabric, "MAX_STROKES", 2)
    at = open_page()
    for count in (1, 2, 3):
        canvas.drawing = drawn(*[BAG] * count)
        at.run()
    assert "Undo it" in at.error[0].value
    at.button(key="drawing_undo").click().run()
    assert not at.error, "what the browser sent before counts no more"
    assert canvas.given == (1, parse([BAG] * 2))
    canvas.drawing = drawn(*[BAG] * 2, version=1)
    at.run()
    at.button(key="drawing_undo").click().run()
    assert canvas.given == (2, parse([BAG]))


def test_an_engine_that_cannot_answer_says_why(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    engine.error = "The model is damaged."
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    assert [error.value for error in at.error] == ["The model is damaged."]


def test_uploads_with_alpha_16_bits_or_a_palette_are_answered(open_page, lab, engine):
    run_factory.write_run(lab.runs_dir)
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
    for name, content in pictures.items():
        at = upload(open_page(), content)
        assert not at.exception, name
        assert shown(at).startswith("Bag"), name
        assert (engine.asked[0][1][0, 7:21] == 255).all(), name  # its grey values, not an outline
        engine.asked.clear()


def test_a_photo_is_answered_by_the_model_of_photographs(open_page, lab, engine, drawing_model):
    run_dir = run_factory.write_run(lab.runs_dir)
    drawing_model.parent.mkdir()
    drawing_model.touch()
    at = upload(open_page(), as_png(bag(level=60, paper=250)))
    assert not at.exception
    assert {path for path, _ in engine.asked} == {run_dir / "model.keras"}
    assert [tab.label for tab in at.tabs] == ["Step by step", "Similar photos"]
    engine.asked.clear()
    kind = next(one for one in at.get("button_group") if one.label == "The picture shows")
    kind.set_value("drawing").run()
    assert not at.exception
    assert engine.asked[0][0] == drawing_model
    expect_bag(engine)


def test_a_picture_of_lines_is_answered_as_a_drawing(open_page, lab, engine, drawing_model):
    run_factory.write_run(lab.runs_dir)
    drawing_model.parent.mkdir()
    drawing_model.touch()
    outline = bag(level=0, paper=255)
    outline[104:180, 84:244] = 255
    at = upload(open_page(), as_png(outline))
    assert not at.exception
    assert engine.asked[0][0] == drawing_model
    expect_bag(engine)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"no picture", "not a picture"),
        (as_png(np.zeros((1, 20_000), np.uint8)), "20,000"),
        (as_png(np.zeros((5_000, 10_000), np.uint8)), "expected at most 10,000 on a side and 25"),
        (as_png(np.random.default_rng(0).integers(0, 256, (90, 90), np.uint8))[:4000], "cut short"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "The file is HEIC, which cannot be read"),
    ],
    ids=["not an image", "20,000 px wide", "50 megapixels", "truncated", "HEIC"],
)
def test_an_upload_that_cannot_be_used_gets_one_sentence(open_page, lab, engine, content, message):
    run_factory.write_run(lab.runs_dir)
    at = upload(open_page(), content)
    assert not at.exception
    (error,) = at.error
    assert message in error.value
    assert engine.asked == []


@pytest.mark.parametrize("level", [255, 0], ids=["white", "black"])
def test_a_blank_upload_gets_a_hint(open_page, lab, engine, level):
    run_factory.write_run(lab.runs_dir)
    at = upload(open_page(), as_png(np.full((60, 60), level, np.uint8)))
    assert not at.exception
    assert shown(at).startswith("Nothing to see")
    assert engine.asked == []


def test_a_picture_is_there_again_after_another_page_until_it_is_taken_away(open_page, lab, engine):
    run_factory.write_run(lab.runs_dir)
    at = upload(open_page(), as_png(bag()))
    at.switch_page("pages/runs.py").run()
    at.switch_page("pages/draw.py").run()
    assert not at.exception
    assert shown(at).startswith("Bag")
    assert at.segmented_control(key="draw_source").value == "upload"
    at.button(key="draw_remove").click().run()
    assert shown(at).startswith("Choose a picture")
    upload(at, as_png(np.zeros((60, 60), np.uint8)))
    assert shown(at).startswith("Nothing to see")
    at.file_uploader(key="draw_upload").clear().run()
    assert shown(at).startswith("Choose a picture")


def test_a_dot_is_shown_to_the_model(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn({"width": 2, "erases": False, "points": [[128, 128]]})
    at = open_page()
    assert not at.exception
    assert shown(at).startswith("Bag")
    assert engine.asked[0][1].any()


def test_the_model_for_drawings_answers_and_the_run_is_compared(
    open_page, lab, engine, canvas, drawing_model
):
    run_dir = run_factory.write_run(lab.runs_dir)
    drawing_model.parent.mkdir()
    drawing_model.touch()
    drawing_model.with_name(UNCERTAINTY_FILE).write_text(json.dumps({"spread_above": 2.5}))
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    first, prepared = engine.asked[0]
    assert first == drawing_model
    assert (prepared[0, 9:19, 3:25] == FILL_LEVEL).all()
    assert {path for path, _ in engine.asked} == {drawing_model}, "the other's tab is closed"
    # e^H of 0.9 and nine times 0.0111: over 1.73 classes.
    assert "Torn between about 2 classes; “not sure” starts at 2.5." in shown(at)
    engine.confidence = 0.6  # e^H of 0.6 and nine times 0.0444: 4.7
    open_tab(at, "Photo-trained model")
    other, plain = engine.asked[-2]
    assert other == run_dir / "model.keras"
    assert not plain[0, 9:19, 3:25].any()  # the outline as it was drawn
    assert shown(at).startswith("Not sure Perhaps Bag (confidence 60.0 %)")
    _, of_photographs, for_drawings = texts(at)
    assert of_photographs.startswith("Bag Confidence 60.0 % The photo-trained model")
    assert for_drawings.startswith("Not sure Perhaps Bag (confidence 60.0 %) The model for drawing")


def test_a_damaged_threshold_gets_one_sentence(open_page, engine, canvas, tunable_model):
    tunable_model.with_name(UNCERTAINTY_FILE).write_text("{")
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    (error,) = at.error
    assert "doubt.json is damaged" in error.value
    assert "Choose what it is" not in words(at), "there is no prediction to correct"


def test_without_any_run_the_model_for_drawings_answers_alone(
    open_page, engine, canvas, drawing_model
):
    drawing_model.parent.mkdir()
    drawing_model.touch()
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    assert shown(at).startswith("Bag")
    assert {path for path, _ in engine.asked} == {drawing_model}


def test_the_drawing_is_there_again_after_another_page(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn(BAG)
    at = open_page()
    canvas.drawing = None
    del at.session_state["canvas"]  # the canvas is taken away, and with it what it sent
    at.switch_page("pages/runs.py").run()
    at.switch_page("pages/draw.py").run()
    assert shown(at).startswith("Bag")
    assert canvas.given == (1, parse([BAG]))


def test_a_link_opens_its_drawing_once(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    link = to_link(parse([BAG]))
    canvas.drawing = drawn()  # sent before the link's drawing came: of no account
    at = open_page(drawing=link)
    assert not at.exception
    assert not at.warning
    assert shown(at).startswith("Bag")
    expect_bag(engine)
    assert canvas.given == (1, parse([BAG]))
    canvas.drawing = drawn(version=1)  # the person takes it all away
    at.run()
    assert shown(at).startswith("Draw a garment")
    assert canvas.given[0] == 1


def test_a_drawing_is_shared_and_a_saved_one_opened(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn(BAG)
    at = open_page()
    at.button(key="draw_files").click().run()
    assert not at.exception
    link = re.search(r"drawing=([\w-]+)", at.code[0].value)[1]
    assert from_link(link) == parse([BAG])
    coat = load_examples()["Coat"]
    open_file(at, b"{")
    assert "no JSON" in at.error[0].value
    open_file(at, b'{"type": "FeatureCollection", "features": []}')
    assert "JSON of another program" in at.error[0].value
    open_file(at, to_json(coat))
    assert not at.exception
    assert at.session_state["drawing"] == coat
    assert canvas.given == (1, coat)


def test_undo_redo_clear_and_eraser(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    at = open_page()
    steps = {name: at.button(key=f"drawing_{name}") for name in ("undo", "redo", "clear")}
    assert all(step.disabled for step in steps.values())
    assert (canvas.colour, canvas.width) == (fabric.INK, 10)
    line = {"width": 10, "erases": False, "points": [[9, 9], [99, 9]]}
    canvas.drawing = drawn(BAG)
    at.run()
    canvas.drawing = drawn(BAG, line)
    at.run()
    at.segmented_control(key="drawing_tool").set_value("eraser").run()
    at.slider(key="drawing_width").set_value(40).run()
    assert (canvas.colour, canvas.width) == (fabric.PAPER, 40)
    at.button(key="drawing_undo").click().run()
    assert canvas.given == (1, parse([BAG]))
    assert at.session_state["drawing"] == parse([BAG]), "what was sent before it counts no longer"
    at.button(key="drawing_undo").click().run()
    assert canvas.given == (2, ())
    at.button(key="drawing_redo").click().run()
    at.button(key="drawing_redo").click().run()
    assert canvas.given == (4, parse([BAG, line]))
    assert canvas.colour == fabric.PAPER
    at.button(key="drawing_clear").click().run()
    assert canvas.given == (5, ())
    assert canvas.colour == fabric.INK, "a new drawing begins with the pen"
    at.button(key="drawing_undo").click().run()
    canvas.drawing = None
    del at.session_state["canvas"]
    at.switch_page("pages/runs.py").run()
    at.switch_page("pages/draw.py").run()
    assert canvas.given[1] == parse([BAG, line])
    at.button(key="drawing_undo").click().run()
    assert canvas.given[1] == parse([BAG]), "the steps back are still there"


# -- fine-tuning ----------------------------------------------------------------------------------

FINE_TUNE = "Teach it"


@pytest.fixture
def tunable_model(drawing_model) -> Path:
    """The model for drawings is there, which is the one that can be fine-tuned."""
    drawing_model.parent.mkdir()
    drawing_model.touch()
    return drawing_model


def write_fine_tuned(
    lab, run_id: str = "20260103-000000-taught", status: str = "completed", **told
) -> Path:
    """The run of a fine-tuning as it ends; `told` as in `FineTuned`."""
    run_dir = run_factory.write_run(lab.runs_dir, run_id, status, class_names=CLASS_NAMES)
    values = {"corrections": 2, "on_corrections": Comparison(2, 0, 2, 0)} | told
    json_files.write_json(run_dir / "taught.json", FineTuned(**values).to_json())
    return run_dir


def labels(at: AppTest) -> list[str]:
    return [button.label for button in at.button]


def test_nothing_is_offered_where_a_model_of_photographs_answers(open_page, lab, engine, canvas):
    run_factory.write_run(lab.runs_dir)
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert "Teach it" not in [heading.value for heading in at.subheader]


def test_a_wrong_answer_is_corrected_seen_undone_and_moved(
    open_page, lab, engine, canvas, tunable_model
):
    at = open_page()
    assert "Where a prediction is wrong" in words(at)
    assert FINE_TUNE not in labels(at)
    canvas.drawing = drawn(BAG)
    at = open_page()
    at.button_group(key="correct_label").set_value(5).run()
    assert not at.exception
    assert "Saved: Sandal" in words(at)
    at.button(key="correct_undo").click().run()
    assert corrections.read_corrections().corrections == ()
    at.button_group(key="correct_label").set_value(5).run()
    (kept,) = corrections.read_corrections().corrections
    assert (kept.label, kept.predicted, kept.drawing) == (5, 8, parse([BAG]))
    assert "**1 correction saved**" in words(at)
    assert FINE_TUNE in labels(at)
    at.file_uploader(key="corrections_0").upload("mine.json", b"{").run()
    assert not at.exception
    assert "holds no corrections" in at.error[0].value
    coat = corrections.to_json([correct(4, 6, load_examples()["Coat"])])
    at = open_page()
    at.file_uploader(key="corrections_0").upload("mine.json", coat).run()
    assert not at.exception
    assert "**2 corrections saved**" in words(at)
    button(at, "Undo the last correction").click().run()
    assert corrections.read_corrections().corrections == (kept,)
    button(at, "Remove all corrections").click().run()
    assert corrections.read_corrections().corrections == ()
    assert "Remove all corrections" not in labels(at)


def test_a_picture_is_corrected_as_the_model_saw_it(open_page, lab, engine, tunable_model):
    at = upload(open_page(), as_png(bag()))
    at.button_group(key="correct_label").set_value(3).run()
    assert not at.exception
    (kept,) = corrections.read_corrections().corrections
    assert kept.drawing == ()
    assert (kept.image[9:19, 3:25] == FILL_LEVEL).all()


def test_a_damaged_file_of_corrections_gets_one_sentence(open_page, lab, engine, tunable_model):
    corrections.add(correct(4, 6, load_examples()["Coat"]))
    with corrections.corrections_file().open("a") as file:
        file.write("half a li\n")
    at = open_page()
    assert not at.exception
    (warning,) = at.warning
    assert warning.value.startswith("1 of the corrections in")
    assert "**1 correction saved**" in words(at)
    button(at, "Remove all corrections").click().run()
    assert not at.warning, "what could not be read is gone as well"


def test_fine_tuning_is_started_watched_and_not_started_twice(
    open_page, lab, engine, tunable_model, monkeypatch
):
    corrections.add(correct(4, 6, load_examples()["Coat"]))
    started = []
    monkeypatch.setattr(
        jobs, "start_and_watch", lambda run, module: started.append((run.run_id, module))
    )
    at = open_page()
    assert "This takes about 30 s" in words(at).replace("\N{NO-BREAK SPACE}", " ")
    button(at, FINE_TUNE).click().run()
    assert not at.exception
    ((run_id, module),) = started
    assert module == "fine-tune"
    run = store.load_run(run_id)
    assert (run.config.dataset, run.fine_tuned.corrections) == ("fashion-mnist", 1)
    assert FINE_TUNE not in labels(at)
    at.button(key="fine_tune_stop").click().run()
    assert store.is_stop_requested(run.run_dir)
    store.write_status(run.run_dir, status="stopped")
    at = open_page()
    assert "You stopped the last fine-tuning: nothing has changed." in words(at)
    message = "Its process ended."
    store.write_status(run.run_dir, status="failed", message=message)
    at = open_page()
    assert f"Fine-tuning failed: {message}" in words(at)
    assert FINE_TUNE in labels(at)


def test_without_photographs_the_way_to_them_is_said(
    open_page, lab, no_data, engine, tunable_model
):
    corrections.add(correct(4, 6, load_examples()["Coat"]))
    at = open_page()
    assert not at.exception
    assert "Fine-tuning needs the photos" in words(at)
    assert FINE_TUNE not in labels(at)


def test_what_was_gained_and_lost_is_said_and_the_fine_tuned_model_used(
    open_page, lab, engine, canvas, tunable_model
):
    run_factory.write_run(lab.runs_dir)
    run_dir = write_fine_tuned(lab, drawings=Comparison(600, 432, 15, 50))
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert engine.asked[0][0] == tunable_model, "a fine-tuned model is used only when it is chosen"
    text = words(at).replace("\N{NO-BREAK SPACE}", " ")
    assert "which it learned: **2 of 2 right**, before 0\n" in text
    assert (
        "**397 of 600 right**, before 432 (15 gained, 50 lost: more than chance, p < 0.001)" in text
    )
    assert "(5.8 points fewer)" in text, "it forgot too much to be used without asking"
    assert button(at, "Use it anyway").key == "fine_tuned_use"
    at.button(key="fine_tuned_use").click().run()
    assert not at.exception
    assert engine.asked[-1][0] == run_dir / "model.keras"
    assert settings.read_drawing_run() == run_dir.name
    button(at, "Undo: use the Lab's model again").click().run()
    assert engine.asked[-1][0] == tunable_model
    assert settings.read_drawing_run() == ""


def test_a_later_fine_tuning_is_seen_while_the_model_of_an_earlier_one_answers(
    open_page, lab, engine, canvas, tunable_model
):
    first = write_fine_tuned(lab).name
    settings.write_drawing_run(first)
    second = write_fine_tuned(lab, "20260104-050600-taught", before=first, corrections=3).name
    write_fine_tuned(lab, "20260105-000000-taught", status="stopped")  # by a person, who knows
    at = open_page()
    assert "**Fine-tuned 2026-01-04 05:06 UTC" in words(at)
    assert "The one fine-tuned 2026-01-03 00:00 UTC is used for drawings" in words(at)
    assert button(at, "Use it for drawings").key == "fine_tuned_use", "it forgot nothing"
    at.button(key="fine_tuned_use").click().run()
    assert settings.read_drawing_run() == second
    assert "It is used for drawings" in words(at)
    button(at, "Undo: use the one fine-tuned 2026-01-03 00:00 UTC again").click().run()
    assert settings.read_drawing_run() == first
    button(at, "Undo: use the Lab's model again").click().run()
    assert settings.read_drawing_run() == ""


@pytest.mark.parametrize("fate", ["deleted", "damaged"])
def test_without_the_fine_tuned_model_the_labs_own_answers(
    open_page, lab, engine, canvas, tunable_model, fate
):
    run_dir = write_fine_tuned(lab)
    settings.write_drawing_run(run_dir.name)
    if fate == "deleted":
        store.delete_run(store.read_run(run_dir))
    else:
        (run_dir / "model.keras").write_bytes(b"PK half")
    canvas.drawing = drawn(BAG)
    at = open_page()
    assert not at.exception
    assert engine.asked[0][0] == tunable_model
    assert "The fine-tuned model that was chosen cannot be used" in words(at)
    button(at, "Undo: use the Lab's model again").click().run()
    assert settings.read_drawing_run() == ""
    assert "that was chosen cannot be used" not in words(at)
