"""The Train page in every state a run can be in, without a browser.

`run_every` never fires here: each `.run()` is one look.
"""

import functools
import json
import re
import time

import pytest
from streamlit.testing.v1 import AppTest

from fmnist.config import FIELDS, TrainConfig
from fmnist.data.dataset import STANDARD
from fmnist.recipes import RECIPES
from fmnist.runs import jobs, launch, outputs, settings, store
from fmnist.runs.queue import list_queued
from pages._train import config_labels
from tests.apptest.app_pages import button, open_page, words
from tests.factories import runs as run_factory
from tests.waits import wait_for

pytestmark = pytest.mark.slow  # a real engine counts the layers, and one run is trained

ENGINE_STARTS = 120  # seconds
FORM_WIDGETS = ("slider", "number_input", "selectbox", "button_group", "toggle", "text_input")
TRAINING_ENDS = 180  # seconds; a tiny network, but TensorFlow's import on a busy computer


open_train = functools.partial(open_page, "train")


def labels(at: AppTest) -> set[str]:
    return {button.label for button in at.button}


def choose_recipe(at: AppTest, name: str) -> AppTest:
    return at.button(key=f"train_recipe_{name}").click().run()


def open_groups(at: AppTest, *groups: str) -> AppTest:
    """Open closed groups of the form, which are drawn from then on."""
    for group in groups or ("network", "training", "data"):
        at.session_state[f"train_{group}_group"] = True
    return at.run()


def network_of(at: AppTest) -> str:
    """The strip that draws the network, as text."""
    strip, total = (html for html in at.get("html") if 'class="network"' in html.proto.body)
    return re.sub(r"<[^>]+>", " ", strip.proto.body.split("</style>")[1] + total.proto.body)


def metrics(at: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in at.metric}


def charts(at: AppTest) -> list:
    return at.get("vega_lite_chart")


def test_no_runs_yet_shows_the_form_and_what_will_appear(lab):
    at = open_train()
    assert "Your training will appear here" in words(at)
    assert not button(at, "Start training").disabled
    assert "run" not in at.query_params
    assert "on this machine" in words(at)


def test_the_network_is_drawn_as_the_sliders_move(lab):
    at = open_train()
    # 320 of conv 3×3×32, 346,176 + 650 of dense 5408 → 64 → 10
    assert " ".join(network_of(at).split()) == (
        "image 28×28 conv 26×26×32 with 320 parameters 320 pool 13×13×32 flatten 5,408 "
        "dense 64 with 346,176 parameters 346,176 classes 10 with 650 parameters 650 "
        "347,146 parameters"
    )
    at.slider(key="train_filters0").set_value(16).run()
    assert "conv 26×26×16" in " ".join(network_of(at).split())
    links = {link.proto.label: link.proto for link in at.main.get("page_link")}
    assert links["What such layers do"].page == "inside"


def test_finished_runs_are_offered_while_nothing_trains(lab):
    run_factory.write_run(lab.runs_dir, name="Yesterday's")
    at = open_train()
    links = [link.proto.label for link in at.main.get("page_link")]
    assert any("Yesterday's · 90.0\N{NO-BREAK SPACE}% on the test set" in link for link in links)


def test_a_recipe_moves_all_sliders_and_its_values_survive_another_page(lab):
    at = open_train()
    choose_recipe(at, "conv-8-24-48-strided")
    assert not at.exception
    at.switch_page("pages/browse.py").run()
    at.switch_page("pages/train.py").run()
    assert [at.slider(key=f"train_filters{place}").value for place in range(3)] == [8, 24, 48]
    assert at.slider(key="train_batch_size").value == 100
    assert at.slider(key="train_dropout").value == 0.5
    at.slider(key="train_epochs").set_value(1).run()
    at.slider(key="train_filterscount").set_value(2).run()
    assert not at.exception
    assert [slider.key for slider in at.slider if "train_filters" in slider.key] == [
        "train_filterscount",
        "train_filters0",
        "train_filters1",
    ]


def show_form():
    import streamlit as st

    from pages._train import config_form, recipe_choice

    config_form.fill_once()
    recipe_choice.render_recipe_choice(60_000)
    config_form.render_main_settings()
    config_form.render_more_settings()
    st.json(config_form.read_form().to_json())


@pytest.mark.parametrize("groups", [("network", "training", "data"), ("network",)])
def test_every_recipe_sets_every_field(lab, groups):
    assert set(config_labels.LABELS) == set(FIELDS) - {"dataset"}
    at = open_groups(AppTest.from_function(show_form, default_timeout=120).run(), *groups)
    for name, recipe in RECIPES.items():
        choose_recipe(at, name)
        assert not at.exception
        expected = recipe.config.replace(dataset=STANDARD)  # the page has a choice for that
        assert TrainConfig.from_json(json.loads(at.json[0].value)) == expected
        assert recipe.lesson in words(at)


def test_every_setting_has_a_widget_and_a_readable_choice(lab):
    at = open_groups(AppTest.from_function(show_form, default_timeout=120).run())
    drawn = {
        widget.key for kind in FORM_WIDGETS for widget in at.get(kind) if widget.key is not None
    }
    entries = {"filters": "filters0", "dense_units": "dense_units0"}
    assert {f"train_{entries.get(name, name)}" for name in config_labels.LABELS} <= drawn
    assert "mirror, shift and erase" in at.selectbox(key="train_augmentation").options
    assert at.selectbox(key="train_schedule").options == ["constant", "cosine", "one-cycle"]


def test_a_setting_keeps_its_value_when_its_group_is_closed_again(lab):
    at = open_groups(AppTest.from_function(show_form, default_timeout=120).run(), "network", "data")
    at.number_input(key="train_seed").set_value(7).run()
    at.segmented_control(key="train_padding").set_value("same").run()
    at.session_state["train_network_group"] = at.session_state["train_data_group"] = False
    at.run()
    at.slider(key="train_epochs").set_value(9).run()  # a run in which neither is drawn
    assert "train_seed" not in {widget.key for widget in at.number_input}
    kept = TrainConfig.from_json(json.loads(at.json[0].value))
    assert (kept.seed, kept.padding, kept.epochs) == (7, "same", 9)
    assert open_groups(at, "data").number_input(key="train_seed").value == 7


def test_the_cards_say_accuracy_and_time_and_the_title_what_was_changed(lab):
    at = open_train()
    assert {f"train_recipe_{name}" for name in RECIPES} <= {one.key for one in at.button}
    assert "**quick**" in at.button(key="train_recipe_quick").label
    assert "92.0\N{NO-BREAK SPACE}% · " in at.button(key="train_recipe_quick").label
    choose_recipe(at, "quick")
    assert "**92.0\N{NO-BREAK SPACE}%** test accuracy" in words(at)
    assert title_of_recipes(at).endswith("Recipe: **quick**")
    at.slider(key="train_epochs").set_value(2).run()
    assert title_of_recipes(at).endswith("Recipe: **quick**, changed")
    assert "test accuracy" not in words(at)
    choose_recipe(at, "none")
    assert title_of_recipes(at).endswith("Choose a recipe")
    assert at.slider(key="train_epochs").value == FIELDS["epochs"].default


def title_of_recipes(at: AppTest) -> str:
    (popover,) = (one.proto.popover for one in at.get("popover") if one.proto.popover.label)
    return popover.label


def test_a_recipe_shows_what_it_published_and_teaches(lab):
    at = open_train()
    choose_recipe(at, "conv-64")
    said = words(at).replace("\N{NO-BREAK SPACE}", " ")
    assert "test accuracy **91.8 %** · test loss **0.305** · training accuracy **98.8 %**" in said
    assert "time **1 h 23 min**" in said  # 5,000 s
    choose_recipe(at, "augmented-cnn")
    said = words(at).replace("\N{NO-BREAK SPACE}", " ")
    assert "training accuracy, epoch 30 **over 95.0 %**" in said
    choose_recipe(at, "quick")
    assert "Published:" not in words(at)


def test_a_finished_run_of_a_recipe_is_set_beside_what_was_published(lab):
    settings = RECIPES["conv-64"].config.to_json() | {"name": "Mine", "seed": 3}
    run_dir = run_factory.write_run(lab.runs_dir, accuracy=0.915, **settings)
    at = open_train(run=run_dir.name)
    (table,) = at.table
    shown = table.value.map(lambda text: text.replace("\N{NO-BREAK SPACE}", " "))
    assert list(shown["Figure"]) == ["Test accuracy", "Test loss", "Training accuracy", "Time"]
    assert list(shown["Published"]) == ["91.8 %", "0.305", "98.8 %", "1 h 23 min"]
    # Wilson's interval of 183 right among the 200 made test images: the centre is
    # (0.915 + 3.8415 / 400) / 1.0192 = 0.9072, the margin 1.96 · 0.02032 / 1.0192 = 0.0391.
    # run_factory trains 50 epochs of 2 s each, and 5,000 s / 100 s is 50.
    assert shown["This run"][0].replace("\N{WORD JOINER}", "") == "91.5 % (86.8–94.6)"
    assert shown["This run"][3] == "1 min 40 s"
    assert shown["Difference"][0] == "\N{MINUS SIGN}0.3 points"
    assert shown["Difference"][2] == "+1.2 points"  # 1 − 0.3 · 0.7⁴⁹ rounds to 1
    assert shown["Difference"][3] == "50× faster"
    assert RECIPES["conv-64"].lesson in words(at)


def test_epochs_that_were_published_are_taken_from_the_history(lab):
    run_dir = run_factory.write_run(lab.runs_dir, **RECIPES["conv-8-24-48"].config.to_json())
    shown = open_train(run=run_dir.name).table[0].value.set_index("Figure")["This run"]
    # run_factory: validation accuracy 0.98 − 0.3 · 0.7ᵉ, e = 0 after epoch 1 and 4 after epoch 5
    assert shown["Validation accuracy, epoch 1"] == "68.0\N{NO-BREAK SPACE}%"
    assert shown["Validation accuracy, epoch 5"] == "90.8\N{NO-BREAK SPACE}%"
    assert shown["Time per epoch"] == "2.0\N{NO-BREAK SPACE}s"


def test_a_recipe_that_published_nothing_still_teaches(lab):
    run_dir = run_factory.write_run(lab.runs_dir, **RECIPES["dense-32"].config.to_json())
    at = open_train(run=run_dir.name)
    assert not at.table
    assert RECIPES["dense-32"].lesson in words(at)


@pytest.mark.parametrize(
    "change", [{"epochs": 49}, {"status": "stopped"}, {"status": "running"}, {"status": "failed"}]
)
def test_a_changed_or_unfinished_recipe_is_not_compared(lab, change):
    settings = RECIPES["conv-64"].config.to_json() | change
    at = open_train(run=run_factory.write_run(lab.runs_dir, **settings).name)
    assert not at.table
    assert RECIPES["conv-64"].lesson not in words(at)


def test_a_compared_run_without_its_files_has_dashes(lab):
    run_dir = run_factory.write_run(lab.runs_dir, **RECIPES["conv-64"].config.to_json())
    (run_dir / "results.json").write_text("{}")
    (run_dir / "history.csv").write_text("")
    shown = open_train(run=run_dir.name).table[0].value
    assert set(shown["This run"]) == set(shown["Difference"]) == {"–"}


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("train_weight_decay", 0.01, "Weight decay works with AdamW and SGD only"),
        ("train_augmented_copies", 1, "Augmented copies need an augmentation"),
    ],
)
def test_settings_that_contradict_each_other_are_one_sentence_and_no_start(lab, key, value, said):
    at = open_groups(open_train())
    (widget,) = (widget for kind in FORM_WIDGETS for widget in at.get(kind) if widget.key == key)
    widget.set_value(value).run()
    assert not at.exception
    assert [said in warning.value for warning in at.warning] == [True]
    assert button(at, "Start training").disabled


def test_a_network_that_cannot_be_built_is_one_sentence_and_no_start(lab):
    at = open_groups(open_train(), "network")
    at.slider(key="train_filterscount").set_value(5).run()
    assert "use fewer convolutions" in words(at)
    assert button(at, "Start training").disabled
    button(at, "Use same padding").click().run()
    assert not button(at, "Start training").disabled
    assert at.segmented_control(key="train_padding").value == "same"
    assert "use fewer convolutions" not in words(at)


def test_a_running_run_is_watched_without_being_asked_for(lab):
    run_factory.write_run(lab.runs_dir, status="running", epochs=3, name="Under way")
    at = open_train()
    assert "Under way" in words(at)
    assert "Training" in words(at)
    assert "Stop" in labels(at)
    shown = metrics(at)
    # The last rows that run_factory writes: batch 10 and epoch 2.
    assert shown["Accuracy"] == f"{100 * (1 - 0.4 * 0.93**10):.1f}\N{NO-BREAK SPACE}%"
    assert shown["Validation"] == f"{100 * (0.98 - 0.3 * 0.7):.1f}\N{NO-BREAK SPACE}%"
    assert shown["Loss"] == f"{0.9 * 0.93**10:.3f}"
    assert len(charts(at)) == 2


def test_stop_writes_the_stop_file_and_says_so(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    at = open_train(run=run_dir.name)
    button(at, "Stop").click().run()
    assert not at.exception
    assert store.is_stop_requested(run_dir)
    assert button(at, "Stopping …").disabled


def test_a_queued_run_knows_its_place_and_can_be_cancelled(lab):
    run_factory.write_run(lab.runs_dir, "20260101-000000-busy", status="running", name="Busy")
    for place in range(2):
        run_dir = run_factory.write_run(
            lab.runs_dir, f"20260101-00000{place + 1}-q", status="queued", name=f"Waits {place}"
        )
        store.write_status(run_dir, queued_at=time.time() - 30 + place)
    at = open_train(run=run_dir.name)
    assert "Second in the queue, behind “Waits 0”." in words(at)
    button(at, "Cancel").click().run()
    assert store.is_stop_requested(run_dir)


def test_the_queue_is_a_list_that_says_what_is_next(lab):
    run_factory.write_run(lab.runs_dir, "20260101-000000-busy", status="running", name="Busy")
    for place in range(3):
        name = f"20260101-00000{place + 1}-q"
        run_dir = run_factory.write_run(lab.runs_dir, name, status="queued", name=f"Waits {place}")
        store.write_status(run_dir, queued_at=time.time() - 30 + place)
    at = open_train(run="20260101-000000-busy")
    (queue,) = (box for box in at.expander if box.label.startswith("Queue:"))
    assert queue.label == "Queue: 3 waiting · next: Waits 0"
    links = [link.proto.label for link in queue.get("page_link")]
    assert links == [
        "Busy · training · shown here", "1 · Waits 0 · next", "2 · Waits 1", "3 · Waits 2"
    ]  # fmt: skip
    assert [one.label for one in queue.button] == ["Cancel", *["Move up", "Cancel"] * 2]
    queue.button[3].click().run()
    (queue,) = (box for box in at.expander if box.label.startswith("Queue:"))
    assert [link.proto.label for link in queue.get("page_link")][1:] == [
        "1 · Waits 0 · next", "2 · Waits 2", "3 · Waits 1"
    ]  # fmt: skip
    queue.button[4].click().run()
    waiting = {run.config.name: store.is_stop_requested(run.run_dir) for run in list_queued()}
    assert waiting == {"Waits 0": False, "Waits 1": True, "Waits 2": False}
    assert not store.is_stop_requested(lab.runs_dir / "20260101-000000-busy")


def test_a_long_queue_is_shown_in_part(lab):
    for place in range(12):
        run_factory.write_run(lab.runs_dir, f"20260101-0000{place:02d}-q", status="queued")
    at = open_train(run="20260101-000003-q")
    assert "… and 4 more" in words(at)
    assert [button.label for button in at.button].count("Cancel") == 8  # its own, and 7 others


@pytest.mark.parametrize(
    ("accuracy", "said"),
    [(0.96, "Better"), (0.91, "Within noise"), (0.7, "Worse")],
)
def test_a_finished_run_is_compared_with_the_one_before(lab, accuracy, said):
    run_factory.write_run(lab.runs_dir, "20260101-000000-before", name="Before", accuracy=0.9)
    run_dir = run_factory.write_run(lab.runs_dir, accuracy=accuracy)
    at = open_train(run=run_dir.name)
    (sentence,) = (one.value for one in at.markdown if "“Before”" in one.value)
    assert f"**{said}**" in sentence
    change = f"{100 * (accuracy - 0.9):+.2f}".replace("-", "\N{MINUS SIGN}")
    assert f"test accuracy {change} points (95" in sentence
    assert "No overfitting" in sentence
    assert "Before: Before" in charts(at)[0].proto.spec
    assert len(charts(at)) == 2


def test_a_run_on_its_own_says_when_it_overfits(lab):
    run_dir = run_factory.write_run(lab.runs_dir, epochs=5)
    history = outputs.read_history(store.load_run(run_dir.name))
    history["val_loss"] = [0.5, 0.4, 0.43, 0.45, 0.47]  # ends 0.46 / 0.4 - 1 above its lowest
    (run_dir / "history.csv").write_text(history.to_csv(index=False))
    said = words(open_train(run=run_dir.name))
    assert "**Overfitting from epoch 3:**" in said
    assert "15\N{NO-BREAK SPACE}% above its lowest" in said
    assert "run before" not in said


@pytest.mark.parametrize("status", ["failed", "stopped", "completed"])
def test_a_run_that_has_ended_can_be_started_again(lab, status, monkeypatch):
    started = []

    def start(config, *about):
        started.append(config)
        return store.create_run(config).run_id

    monkeypatch.setattr(jobs, "start_run", start)
    monkeypatch.setattr(jobs, "find_or_start_run", lambda *about: (start(*about), True))
    run_dir = run_factory.write_run(lab.runs_dir, status=status, dropout=0.3)
    at = open_train(run=run_dir.name)
    button(at, "Copy settings to the form").click().run()
    assert at.slider(key="train_dropout").value == 0.3
    button(at, "Start again with these settings").click().run()
    assert not at.exception
    assert started == [store.load_run(run_dir.name).config]
    assert at.query_params["run"][0] != run_dir.name
    assert "Waiting" in words(at)


def test_a_failed_run_names_the_finished_one_with_the_same_settings(lab):
    failed = run_factory.write_run(lab.runs_dir, status="failed")
    run_factory.write_run(lab.runs_dir, "20260103-000000-again", name="It worked")
    said = words(open_train(run=failed.name))
    assert "“It worked” has the same settings and seed: 90.0" in said


def test_a_finished_run_has_its_score_and_leads_on(lab):
    run_dir = run_factory.write_run(lab.runs_dir, accuracy=0.915)
    at = open_train(run=run_dir.name)
    assert metrics(at)["Test accuracy"] == "91.5\N{NO-BREAK SPACE}%"
    assert metrics(at)["Best epoch"] == "3"
    assert "Stop" not in labels(at)
    links = [link.proto for link in at.main.get("page_link")]
    assert {"evaluate", "inside", "draw", "runs"} <= {link.page for link in links}
    assert all(run_dir.name in link.query_string for link in links)


def test_a_failed_run_says_why_and_shows_the_end_of_its_log(lab):
    reason = "The loss became NaN in epoch 2, step 7: lower the learning rate (it was 10)."
    run_dir = run_factory.write_run(lab.runs_dir, status="failed", message=reason)
    at = open_train(run=run_dir.name)
    assert [error.value for error in at.error] == [reason]
    assert "made by tests/factories/runs.py" in at.code[0].value


def test_a_killed_training_is_failed_at_the_next_look(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running", is_alive=False)
    at = open_train(run=run_dir.name)
    assert "was killed" in at.error[0].value


def test_a_cancelled_run_says_so(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="queued")
    store.write_status(run_dir, status="stopped", message="Cancelled before it started.")
    at = open_train(run=run_dir.name)
    assert "Cancelled before it started." in words(at)


def test_a_damaged_run_is_named_and_the_form_still_works(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    (run_dir / "config.json").write_text("{")
    at = open_train(run=run_dir.name)
    assert "config.json cannot be read" in words(at)
    assert not button(at, "Start training").disabled


def test_a_mended_run_is_shown_again(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    whole = (run_dir / "config.json").read_text()
    (run_dir / "config.json").write_text("{")
    at = open_train(run=run_dir.name)
    (run_dir / "config.json").write_text(whole)
    at.run()
    assert "cannot be read" not in words(at)
    assert metrics(at)["Test accuracy"] == "90.0\N{NO-BREAK SPACE}%"


def test_a_finished_run_without_scores_says_so(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    (run_dir / "results.json").write_text("{}")
    at = open_train(run=run_dir.name)
    assert "It finished, but left no scores." in words(at)


@pytest.mark.parametrize(
    ("keep", "said"),
    [
        ("best", "the best epoch, whose weights the test set scores"),
        ("last", "the best epoch; the test set scores the weights after the last step"),
    ],
)
def test_the_help_says_which_epoch_is_scored(lab, keep, said):
    run_dir = run_factory.write_run(lab.runs_dir, keep=keep)
    at = open_train(run=run_dir.name)
    (validation,) = (metric for metric in at.metric if metric.label == "Validation")
    assert said in validation.help


@pytest.mark.parametrize(
    "hostile", ["../../etc/passwd", "<script>alert(1)</script>", "x" * 5000, "", "%00"]
)
def test_a_hostile_address_is_a_polite_warning(lab, hostile):
    at = open_train(run=hostile)
    assert "should be the id of a run" in at.warning[0].value
    assert "<" not in at.warning[0].value
    assert "Your training will appear here" in words(at)


def test_a_deleted_run_in_the_address_is_a_warning(lab):
    at = open_train(run="20260101-000000-gone")
    assert "may have been deleted" in at.warning[0].value


def test_a_runs_folder_that_cannot_be_written_is_one_sentence(lab):
    lab.runs_dir.rmdir()
    lab.runs_dir.write_text("not a folder")
    at = open_train()
    button(at, "Start training").click().run()
    assert not at.exception
    assert "cannot be written" in at.error[0].value


def test_settings_that_were_trained_already_are_named_with_a_link(lab):
    run_dir = run_factory.write_run(lab.runs_dir, **TrainConfig(name="As it is").to_json())
    at = open_train()
    (link,) = (one.proto for one in at.main.get("page_link") if "Same settings" in one.proto.label)
    score = "90.0\N{NO-BREAK SPACE}% on the test set"
    assert link.label == f"Same settings and seed: As it is · {score}"
    assert run_dir.name in link.query_string
    at.slider(key="train_dropout").set_value(0.3).run()
    assert "Same settings" not in str([one.proto.label for one in at.main.get("page_link")])


def test_parallel_trainings_are_kept_in_the_runs_folder(lab):
    at = open_train()
    at.slider(key="train_parallel").set_value(2).run()
    assert settings.read_parallel_trainings() == 2
    assert open_train().slider(key="train_parallel").value == 2


def test_start_trains_in_a_process_of_its_own(lab):
    at = open_groups(open_train(), "data")
    at.segmented_control(key="train_architecture").set_value("dense").run()
    at.slider(key="train_epochs").set_value(1).run()
    at.number_input(key="train_dense_units0").set_value(8).run()
    at.text_input(key="train_name").set_value("From the page").run()
    button(at, "Start training").click().run()
    assert not at.exception
    run = store.load_run(at.query_params["run"])
    assert run.config == TrainConfig(
        name="From the page", architecture="dense", dense_units=(8,), epochs=1
    )
    # the second half of a double click, however long this computer took for the first one
    at.session_state["train_started_at"] = time.monotonic()
    button(at, "Start training").click().run()
    assert len(store.list_runs()) == 1

    wait_for(lambda: not store.load_run(run.run_id).is_live, "its end", TRAINING_ENDS)
    run = store.load_run(run.run_id)
    assert run.status.status == "completed", (run.status, outputs.read_log(run))
    at.run()
    assert "From the page" in words(at)
    assert metrics(at)["Test accuracy"].endswith("%")


def test_a_training_too_short_for_a_row_between_its_epochs_shows_its_curves(lab):
    run_dir = run_factory.write_run(lab.runs_dir)
    batches = run_dir / "batches.csv"
    batches.write_text(batches.read_text(encoding="utf-8").splitlines()[0] + "\n", encoding="utf-8")
    assert len(charts(open_train(run=run_dir.name))) == 2


def test_a_training_without_a_sign_of_life_says_so_and_can_be_stopped_though_it_was_asked(lab):
    run_dir = run_factory.write_run(lab.runs_dir, status="running")
    store.write_status(run_dir, heartbeat_at=time.time() - 75)
    (run_dir / "stop").touch()
    at = open_train(run=run_dir.name)
    assert re.search(r"No sign of life for 1.min \d+.s: its process is stuck", words(at))
    assert "left" not in words(at).split("No sign of life")[1].split("Epoch")[0]
    assert not button(at, "Stop").disabled
    store.write_status(run_dir, heartbeat_at=time.time())
    assert "No sign of life" not in words(at.run())


def test_a_queue_that_cannot_begin_says_why(lab, monkeypatch):
    run_factory.write_run(lab.runs_dir, status="running")
    run = store.create_run(TrainConfig(name="Waits"))
    monkeypatch.setattr(launch, "PROJECT_ROOT", lab.cache_dir / "nowhere")
    at = open_train(run=run.run_id)
    assert "The queue's process could not be started" in words(at)
