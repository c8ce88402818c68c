"""The Runs page: every run listed, whatever has become of it, compared, renamed, deleted."""

import functools
import json
import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from fmnist import json_files
from fmnist.config import TrainConfig
from fmnist.figures.palette import RUN_COLOURS
from fmnist.imported.refused_files import read_refusal
from fmnist.runs import store
from fmnist.runs.fine_tuned_record import FineTuned
from fmnist.runs.imported_record import ImportedModel
from tests.apptest.app_pages import (
    APP,
    address,
    button,
    open_page,
    runs_data,
    runs_table,
    words,
)
from tests.conftest import clear_streamlit_caches
from tests.factories import runs as run_factory
from tests.waits import wait_for

open_runs = functools.partial(open_page, "runs")


@pytest.fixture
def bundled(bundled_dir) -> Path:
    return run_factory.write_run(bundled_dir.parent).rename(bundled_dir)


@pytest.fixture
def three(lab):
    """Three finished runs, the newest first; two share a name."""
    made = [("c", "Twin", 0.9), ("b", "Twin", 0.8), ("a", "Alone", 0.7)]
    for place, (slug, name, accuracy) in enumerate(made):
        run_factory.write_run(
            lab.runs_dir,
            f"2026010{3 - place}-000000-{slug}",
            name=name,
            accuracy=accuracy,
            dropout=0.1 * place,
        )
    return [run.run_id for run in store.list_runs()]


def test_no_runs_lead_to_the_train_page(lab):
    at = open_runs()
    assert "No run of your own yet" in words(at)
    assert not at.main.get("bidi_component")
    assert any(link.proto.page == "train" for link in at.main.get("page_link"))


def test_all_kinds_of_runs_are_listed_newest_first(lab):
    for day, status in enumerate(store.STATUSES, start=1):
        run_factory.write_run(lab.runs_dir, f"2026010{day}-000000-x", status=status, epochs=3)
    damaged = run_factory.write_run(lab.runs_dir, "20260109-000000-x")
    (damaged / "config.json").write_text("{")
    table = runs_table(open_runs())
    assert table["Status"] == [
        "Damaged",
        "Failed",
        "Stopped",
        "Finished",
        "Training",
        "Waiting",
    ]
    assert "config.json cannot be read" in table["Note"][0]
    assert table["Epochs"] == ["3 of 5", "2 of 3", "3 of 3", "3 of 3", "2 of 3", "0 of 3"]
    assert [cell != "–" for cell in table["Test"]] == [True, False, True, True, False, False]


def test_the_bundled_run_is_listed_last(three, bundled):
    table = runs_table(open_runs())
    assert table["Run"] == ["Twin", "Twin", "Alone", "bundled"]
    assert table["Started"][2:] == ["2026-01-01 00:00 UTC", "comes with the Lab"]


def test_the_bundled_run_alone_is_listed_under_the_way_to_train(lab, bundled):
    at = open_runs()
    assert "No run of your own yet" in words(at)
    assert runs_table(at)["Run"] == ["bundled"]


def test_the_bundled_run_can_be_opened_and_downloaded_but_not_changed(three, bundled):
    at = open_runs(run="bundled")
    assert "it cannot be renamed or deleted" in words(at)
    links = {link.proto.page: link.proto.query_string for link in at.main.get("page_link")}
    assert links["evaluate"] == "model=bundled"
    assert len(at.get("download_button")) == 8
    assert [popover.proto.popover.label for popover in at.get("popover")] == ["Take it away"]
    assert [field.key for field in at.text_input] == ["import_model_name", "url_find"], "no name"
    at = open_runs(runs=f"{three[0]},bundled")
    assert "**2 runs selected**" in words(at)
    assert "Permanently delete “Twin”" in words(at), "the one that can be"


def test_without_a_choice_the_newest_runs_are_drawn_and_nothing_is_selected(three):
    at = open_runs()
    assert "Select two rows to compare them" in words(at)
    data = runs_data(at)
    assert (data["shown"], data["selected"], data["opened"]) == (three, [], None)
    assert list(data["colours"].values()) == list(RUN_COLOURS[:3])
    assert [row["best"] != "" for row in data["rows"]] == [True, False, False], "all alike: newest"


def test_one_run_from_the_address_can_be_opened_and_downloaded(three):
    at = open_runs(run=three[0])
    links = {link.proto.page: link.proto.query_string for link in at.main.get("page_link")}
    assert three[0] in links["train"]
    assert three[0] in links["evaluate"]
    assert [button.proto.label for button in at.get("download_button")] == [
        "All as CSV",
        "Script",
        "Notebook",
        "Report",
        "Model card",
        "Model (model.keras)",
        "Curves (history.csv)",
        "Everything (zip)",
    ]
    assert not any(button.proto.disabled for button in at.get("download_button"))
    assert "Finished · test 90.0\N{NO-BREAK SPACE}%" in words(at)
    assert "Settings: Filters 8, Epochs 3." in words(at)


def test_several_runs_from_the_address_are_compared(three):
    at = open_runs(runs=",".join(three))
    assert "**3 runs selected**" in words(at)
    table = at.table[0].value
    assert list(table.columns)[1:] == [
        r"Twin (2026-01-03 00\:00 UTC)",
        r"Twin (2026-01-02 00\:00 UTC)",
        "Alone",
    ]
    assert table.to_numpy().tolist() == [["Dropout", "0", "0.1", "0.2"]]
    assert "Select exactly two runs" in words(at)


def test_two_runs_are_compared_image_by_image(three):
    at = open_runs(runs=f"{three[0]},{three[2]}")
    assert "Twin is better than Alone: +20.00 percentage points (95" in words(at)
    assert "Confusion matrix: Twin less Alone" in words(at)
    grids = [e for e in at.get("bidi_component") if "image_grid" in e.proto.component_name]
    assert len(grids) == 1


def test_two_runs_without_scores_or_with_the_same_settings_say_so(lab):
    for number, status in enumerate(("completed", "failed"), start=1):
        run_factory.write_run(lab.runs_dir, f"2026010{number}-000000-x", status=status, seed=0)
    at = open_runs(runs="20260101-000000-x,20260102-000000-x")
    assert "**Settings:** the same" in words(at)
    assert "here one has no scores" in words(at)


def test_a_click_in_the_table_is_kept_in_the_address(three):
    told = {"seq": 1, "shown": three[:1], "selected": [three[1], "../x", 3], "opened": three[2]}

    def click(told):
        from pages._runs import choice

        choice.keep_view(told)

    clicked = AppTest.from_function(click, args=(told,)).run()
    assert address(clicked) == {"shown": three[0], "runs": three[1], "run": three[2]}
    for senseless in (None, "x", {"seq": "1"}, {"seq": 1, "shown": 3, "selected": []}):
        clicked = AppTest.from_function(click, args=(senseless,)).run()
        assert not clicked.exception
        assert address(clicked) == {}
    data = runs_data(open_runs(**address(AppTest.from_function(click, args=(told,)).run())))
    assert (data["shown"], data["selected"], data["opened"]) == (three[:1], [three[1]], three[2])


def test_every_eye_may_be_off(three):
    at = open_runs(shown="none")
    assert runs_data(at)["shown"] == []
    assert not at.get("plotly_chart")


def test_what_the_chart_shows_is_in_the_address(three):
    at = open_runs(metric="loss", curves="both", along="seconds", smoothing="50", run=three[0])
    figure = json.loads(at.get("plotly_chart")[0].proto.spec)
    assert figure["layout"]["yaxis"]["title"]["text"] == "Loss (cross-entropy)"
    assert figure["layout"]["xaxis"]["title"]["text"] == "Seconds of training"
    assert len(figure["data"]) == 3 * 4, "training and validation, smoothed and as they are"


def test_same_curves_are_told(lab):
    for number in (1, 2):
        run_factory.write_run(lab.runs_dir, f"2026010{number}-000000-x", seed=0, name=f"N{number}")
    assert "Exactly the same curves: N2 and N1." in words(open_runs())


def test_filtering_and_grouping(lab):
    for number in range(4):
        run_dir = run_factory.write_run(
            lab.runs_dir,
            f"2026010{number + 1}-000000-x",
            accuracy=0.8 + 0.1 * (number % 2),
            dropout=0.2 if number == 3 else 0.0,
        )
        config = json_files.read_json(run_dir / "config.json")
        json_files.write_json(run_dir / "config.json", {**config, "seed": number})
    at = open_runs(find="dropout 0.2")
    assert runs_table(at)["Run"] == ["Made run"]
    assert "1 of 4 runs" in words(at)
    at = open_runs(find="nothing like it")
    assert "No run fits this filter." in words(at)
    at = open_runs(group="1")
    chart = json.loads(at.get("plotly_chart")[0].proto.spec)
    bold = [trace for trace in chart["data"] if trace["line"]["width"] > 3]
    assert [trace["name"] for trace in bold] == ["3 seeds: Made run"]
    grouped = runs_data(at)
    colours = grouped["colours"]
    assert len({colours[run_id] for run_id in grouped["rows"][1]["members"]}) == 1
    assert len(set(colours.values())) == 2 + len([i for i in colours if i == "bundled"])
    assert [len(row.get("members", [])) for row in grouped["rows"]] == [0, 3, 0, 0, 0]
    names = [column["label"] for column in grouped["columns"]]
    head = dict(zip(names, grouped["rows"][1]["cells"], strict=True))
    # mean and sample deviation of 0.8, 0.9, 0.8
    assert head["Test"] == "83.3\N{NO-BREAK SPACE}% ± 5.8"
    assert (head["Dropout"], head["Seed"]) == ("0", "")


def test_tags_and_a_note_are_saved(three):
    at = open_runs(run=three[1])
    at.multiselect(key=f"tags_{three[1]}").set_value(["wide"]).run()
    at.text_input(key=f"note_{three[1]}").set_value("better *than* the rest").run()
    assert not at.exception
    run = store.load_run(three[1])
    assert (run.tags, run.note, run.title) == (("wide",), "better *than* the rest", "Twin")
    shown = runs_table(at)
    assert shown["Tags"] == ["", "wide", ""]
    assert shown["Note"] == ["", "better *than* the rest", ""]
    assert runs_table(open_runs(find="WIDE"))["Run"] == ["Twin"]
    shutil.rmtree(run.run_dir)  # another tab deletes it
    at.text_input(key=f"note_{three[1]}").set_value("Too late").run()
    assert not at.exception
    assert "There is no run" in at.error[0].value


def test_a_run_in_the_address_that_is_gone_is_a_warning(three):
    at = open_runs(runs=f"{three[0]},20260101-000000-gone")
    assert "There is no run “20260101-000000-gone”" in at.warning[0].value
    assert "**1 run selected**" in words(at)


@pytest.mark.parametrize("hostile", ["../../etc/passwd", "<script>", ",".join(["bundled"] * 900)])
@pytest.mark.parametrize("name", ["run", "runs"])
def test_a_hostile_address_is_a_polite_warning(three, name, hostile):
    at = open_runs(**{name: hostile})
    assert "Showing the default instead" in at.warning[0].value
    assert len(runs_table(at)["Run"]) == 3


def test_renaming(three):
    at = open_runs(run=three[2])
    at.text_input(key=f"rename_{three[2]}").set_value("Better name").run()
    assert not at.exception
    assert store.load_run(three[2]).title == "Better name"
    assert runs_table(at)["Run"] == ["Twin", "Twin", "Better name"]


def test_deleting_asks_first_and_takes_the_selected_ones_only(three):
    at = open_runs(runs=f"{three[0]},{three[2]}", run=three[0])
    asked = "Permanently delete these 2 runs with their models, curves and scores?"
    assert asked in words(at)
    at.button(key="delete_selected_confirm").click().run()
    assert not at.exception
    assert [run.run_id for run in store.list_runs()] == [three[1]]
    assert "runs" not in at.query_params
    assert "run" not in at.query_params
    assert "Select two rows" in words(at)


def test_a_selected_run_that_the_filter_hides_is_not_deleted(three):
    at = open_runs(runs=f"{three[0]},{three[2]}", find="alone")
    assert "**1 run selected**" in words(at)
    at.button(key="delete_selected_confirm").click().run()
    assert [run.run_id for run in store.list_runs()] == three[:2]


def test_a_run_that_trains_cannot_be_deleted(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    at = open_runs(run=run_dir.name)
    [delete] = [one.proto.popover for one in at.get("popover") if one.proto.popover.disabled]
    assert (delete.label, delete.help) == ("Delete", "Stop a run before you delete it.")
    button(
        at, "Delete permanently"
    ).click().run()  # it began to train while the question stood open
    assert "still running" in at.error[0].value
    assert run_dir.is_dir()


def test_a_damaged_run_says_why_and_can_be_deleted(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    (run_dir / "status.json").unlink()
    at = open_runs(run=run_dir.name)
    assert "status.json is missing" in words(at)
    button(at, "Delete permanently").click().run()
    assert store.list_runs() == []
    assert "No run of your own yet" in words(at)


def test_a_failed_run_says_why(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="failed", message="The loss became NaN.")
    at = open_runs(run=run_dir.name)
    assert "Made run failed: The loss became NaN." in at.error[0].value


def test_the_strip_follows_a_training_on_every_page(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", epochs=3, name="Under way")
    run_factory.write_run(lab.runs_dir, "20260103-000000-q", status="queued")
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    said = [caption.value for caption in at.sidebar.caption]
    # A line ends between two parts only.
    assert said[0].replace("\N{NO-BREAK SPACE}", "~").startswith("epoch~3~of~3~· val~77.0~%~· ")
    assert "1 waiting in the queue" in said[1]
    link = at.sidebar.get("page_link")[-1].proto
    assert (link.page, link.query_string) == ("train", f"run={run_dir.name}")


def test_the_strip_follows_a_fine_tuning_to_the_page_it_began_on(lab):
    run = store.create_fine_tuning_run(TrainConfig(name="fine-tuned"), FineTuned(1), b"[]")
    store.claim_run(run.run_dir)
    store.write_status(run.run_dir, status="running", message="training the last layer")
    at = AppTest.from_file(str(APP), default_timeout=120).run()
    assert at.sidebar.get("progress")[0].proto.text == "**Fine-tuning on drawings**"
    link = at.sidebar.get("page_link")[-1].proto
    assert (link.page, link.query_string, link.label) == ("draw", "", "Watch")


def test_a_run_deleted_while_the_strip_follows_it_is_no_error(lab):
    def strip():
        import streamlit as st

        from pages._shared import live_strip

        st.session_state["announcement_followed"] = ["20260101-000000-gone"]
        live_strip._strip([])

    at = AppTest.from_function(strip).run()
    assert not at.exception
    assert not at.markdown


def test_there_is_no_strip_while_nothing_trains(three):
    assert not AppTest.from_file(str(APP), default_timeout=120).run().sidebar.caption


# -- models imported from files -------------------------------------------------------------------


def test_a_file_is_imported_and_the_reason_why_it_is_refused_stands_in_the_form(lab):
    at = open_runs()
    button(at, "Check and score it").click().run()
    assert "Choose a .keras or .h5 file first." in words(at)
    at.file_uploader(key="import_model_file").upload("mine.pkl", b"\x80\x04K\x01.", "text/plain")
    at.text_input(key="import_model_name").set_value("From my notebook")
    button(at, "Check and score it").click().run()
    assert not at.exception
    run_id = at.session_state["import_checked"]
    wait_for(lambda: read_refusal(run_id), "the refusal", 120)
    at.run()
    assert "Refused: mine.pkl is a pickle, which can run code when it is opened" in words(at)
    assert "There is no run" not in words(at)
    assert not at.main.get("bidi_component")
    for name in ("run", "runs"):
        at = open_runs(**{name: run_id})  # another tab, or a reload
        assert "mine.pkl is a pickle" in words(at)
        assert name not in at.query_params


def test_what_an_imported_file_became_stands_in_the_form(lab):
    run_dir = run_factory.write_imported_run(lab.runs_dir)
    at = open_runs()
    at.session_state["import_checked"] = run_dir.name
    at.run()
    said = "Accepted: theirs.keras recognises 90.0\N{NO-BREAK SPACE}% of the test images. Found:"
    assert said in words(at)
    run_factory.write_imported_run(lab.runs_dir, "20260105-000000-x", "failed", message="No data.")
    at.session_state["import_checked"] = "20260105-000000-x"
    assert "theirs.keras: No data." in words(at.run())
    at.session_state["import_checked"] = "20260106-000000-deleted"
    assert not at.run().exception


def test_what_was_found_is_shown_and_can_be_corrected(lab):
    run_dir = run_factory.write_imported_run(lab.runs_dir)
    run_factory.write_run(lab.runs_dir)
    at = open_runs(run=run_dir.name)
    assert "28 × 28 in, values 0 to 1; logits (a softmax follows)" in words(at)
    told = "0 to 1: 90.0\N{NO-BREAK SPACE}% (loss 0.300); 0 to 255: 10.0"
    assert told in words(at)
    assert runs_table(at)["Epochs"] == ["–", "3 of 3"]
    pages = [link.proto.page for link in at.main.get("page_link")]
    assert "evaluate" in pages
    assert "train" not in pages[-2:], "it has no curves"
    assert button(at, "Score again").disabled
    at.selectbox(key=f"import_outputs_{run_dir.name}").select("probabilities").run()
    (run_dir / store.UPLOADED_FILE).write_bytes(b"PK")
    button(at, "Score again").click().run()
    assert not at.exception
    run = store.load_run(run_dir.name)
    assert (run.imported_model.inputs, run.imported_model.outputs) == ("auto", "probabilities")
    assert not run.has_scores


def test_a_check_under_way_is_shown_and_can_be_stopped(lab):
    run_dir = run_factory.write_imported_run(lab.runs_dir, status="running", message="scoring")
    at = open_runs(run=run_dir.name)
    assert "Checking theirs.keras: scoring …" in [bar.proto.text for bar in at.get("progress")]
    assert runs_table(at)["Status"] == ["Checking"]
    button(at, "Stop").click().run()
    assert not at.exception
    assert store.is_stop_requested(run_dir)
    assert "Checking theirs.keras: stopping …" in [bar.proto.text for bar in at.get("progress")]


def test_a_model_that_recognises_little_is_pointed_out(lab):
    lost = ImportedModel("x.keras", accuracies={"raw": 0.1, "unit": 0.12}, checked_images=500)
    run_dir = run_factory.write_imported_run(lab.runs_dir, imported_model=lost)
    said = "No way of preparing the images suits it well (the best gets 12% right)"
    assert said in words(open_runs(run=run_dir.name))


def test_an_imported_model_is_compared_by_nothing_it_does_not_have(lab):
    ids = [
        run_factory.write_imported_run(lab.runs_dir).name,
        run_factory.write_run(lab.runs_dir).name,
    ]
    at = open_runs(runs=",".join(ids))
    assert "**2 runs selected**" in words(at)
    assert not at.table, "of settings"
    assert "Is the difference real?" in words(at)
    assert "Seed noise is not known" in words(at)


@pytest.mark.parametrize("status", ["completed", "running", "failed"])
def test_the_train_page_shows_no_training_of_an_imported_model(lab, status):
    run_dir = run_factory.write_imported_run(lab.runs_dir, status=status)
    at = open_page("train", run=run_dir.name)
    assert "was trained elsewhere and imported from a file" in words(at)
    assert not at.get("plotly_chart")
    assert "trained elsewhere" not in words(open_page("train")), "nobody asked for it"
    assert not open_page("train").sidebar.caption, "no strip either"


@pytest.mark.parametrize("status", ["completed", "running", "failed"])
def test_evaluate_knows_an_imported_model(lab, status):
    run_dir = run_factory.write_imported_run(lab.runs_dir, status=status, message="It was cut.")
    at = open_page("evaluate", model=run_dir.name)
    if status == "completed":
        assert "unknown: it was trained elsewhere" in words(at)
        assert "python -m fmnist train" not in words(at)
    else:
        expected = "It is being checked." if status == "running" else "It was cut."
        assert f"“Theirs” has no scores. {expected}" in words(at)


@pytest.mark.parametrize("page", ["runs", "train", "evaluate"])
def test_what_the_figures_of_a_fine_tuned_run_are_about_is_said(lab, page):
    run_dir = run_factory.write_run(lab.runs_dir)
    json_files.write_json(run_dir / "taught.json", FineTuned(14).to_json())
    said = "Fine-tuned: the model for drawings, fine-tuned on 14 corrections;"
    assert said in words(open_page(page, run=run_dir.name))
    (run_dir / "taught.json").unlink()
    assert said not in words(open_page(page, run=run_dir.name))


def test_a_fine_tuning_under_way_is_no_training_to_be_stopped_and_scored(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", message="learning to see")
    json_files.write_json(run_dir / "taught.json", FineTuned(14).to_json())
    at = open_page("train", run=run_dir.name)
    assert button(at, "Stop").help == "Ends it without a model"
    assert "Fine-tuning: learning to see …" in [bar.proto.text for bar in at.get("progress")]


def test_accuracy_by_compute_has_a_dot_for_each_scored_run(three, lab):
    run_factory.write_imported_run(lab.runs_dir)
    run_factory.write_run(lab.runs_dir, "20260105-000000-failed", status="failed")
    at = open_runs(chart="compute", shown=three[0])
    assert [button.label for button in at.get("button_group")][:1] == ["Chart"]
    (chart,) = at.get("plotly_chart")
    _, dots = json.loads(chart.proto.spec)["data"]
    assert sorted(found[0] for found in dots["customdata"]) == sorted(three)
    # 7,840 multiply-adds × 540 images × 3 epochs
    assert set(dots["x"]) == {7_840 * 540 * 3}
    assert dots["marker"]["color"].count(RUN_COLOURS[0]) == 1
    assert "2 left out: not scored, or not trained here." in words(at)
    at = open_runs(chart="compute", find="nothing fits")
    assert "No run fits this filter" in words(at)


def test_of_an_imported_model_what_cannot_be_taken_away_says_why(lab):
    run_dir = run_factory.write_imported_run(lab.runs_dir)
    environment = json.loads((run_dir / "environment.json").read_text(encoding="utf-8"))
    at = open_runs(run=run_dir.name)
    assert disabled(at) == {"Script", "Notebook"}
    helps = {button.proto.help for button in at.get("download_button") if button.proto.disabled}
    assert helps == {"This model was trained elsewhere, so how to train it again is not known."}
    environment["dataset_fingerprint"] = "0123456789abcdef"
    (run_dir / "environment.json").write_text(json.dumps(environment), encoding="utf-8")
    clear_streamlit_caches()
    assert disabled(open_runs(run=run_dir.name)) == {"Script", "Notebook", "Report", "Model card"}


def disabled(at) -> set[str]:
    return {button.proto.label for button in at.get("download_button") if button.proto.disabled}
