"""The page Challenge: made, taken by two people, their scores side by side, and hostile links."""

import pytest

from fmnist import teacher_key
from fmnist.classroom import challenges
from pages._shared import role
from tests.apptest import app_pages
from tests.factories import runs as run_factory

pytestmark = pytest.mark.usefixtures("engine")
RUN = run_factory.RUN_ID


@pytest.fixture
def link(lab):
    run_factory.write_run(lab.runs_dir, RUN, accuracy=0.6)
    app = app_pages.open_page("challenge", model=RUN)
    app.button(key="challenge_make").click().run()
    key = app_pages.address(app)["challenge"]
    assert key.startswith(f"{RUN}.fashion-mnist.")
    assert f"?challenge={key}" in app.code[0].value
    return key


def begin(link: str, name: str):
    app = app_pages.open_page("challenge", challenge=link)
    app.text_input(key="challenge_name").set_value(name)
    app.button(key="challenge_start").click().run()
    return app


def answer(app, places: list[int]) -> None:
    for place in places:
        app.button(key=f"match_answer_{place}").click().run()
        assert not app.exception


def test_two_people_and_the_model(lab, link):
    key = challenges.parse_key(link)
    first, second = begin(link, "Ada"), begin(link, "*Bob*")
    right = challenges.read_challenge(key).labels
    answer(first, right[:29])
    assert first.get("progress")[0].proto.text == "Image 30 of 30"
    assert not first.dataframe, "scores before the last answer"
    assert not first.metric
    answer(first, right[29:])
    assert first.subheader[0].value == "Place 1 of 2, ahead of the model."
    assert first.metric[0].label == "You: 30 of 30"
    assert "1 more at it now" in app_pages.words(first)
    answer(second, [(label + 1) % 5 for label in right])
    assert second.subheader[0].value == "Place 3 of 3, behind the model."
    assert list(second.dataframe[0].value["name"]) == ["Ada", "The model (Made run)", "You (*Bob*)"]
    assert "**Missed by both of you: 0**" in app_pages.words(second)
    first.run()
    assert list(first.dataframe[0].value["name"])[2] == "*Bob*"


def test_the_teacher_removes_somebody(lab, link, monkeypatch):
    key = challenges.parse_key(link)
    rude, kind = begin(link, "Rude"), begin(link, "Kind")
    for app in (rude, kind):
        answer(app, challenges.read_challenge(key).labels)
    app = remove(kind, "Rude")
    assert list(app.dataframe[0].value["name"]) == ["You (Kind)", "The model (Made run)"]
    assert "Remove a person" not in app_pages.words(app), "there is nobody else"
    assert "Nickname" in rude.run().text_input(key="challenge_name").label, "back at the start"

    monkeypatch.setenv(teacher_key.VARIABLE, "open sesame")
    begin(link, "Rude again")
    assert not [one for one in kind.run().selectbox if one.key == "challenge_remove_who"]


def test_two_without_a_name_are_told_apart(lab, link):
    key = challenges.parse_key(link)
    app = begin(link, "Kind")
    answer(app, challenges.read_challenge(key).labels)
    first, second = (f"{number:016x}" for number in (1, 2))
    for token in (first, second):
        challenges.join(key, challenges.read_challenge(key), token, "")
        for number in range(30):
            challenges.answer(key, token, 0, number)
    assert list(app.run().selectbox(key="challenge_remove_who").options) == [
        "No name", "No name (2)",
    ]  # fmt: skip
    remove(app, "No name")
    assert first not in challenges.read_people(key)
    assert second in challenges.read_people(key)


def test_who_is_no_teacher_any_more_removes_nobody(lab, link, monkeypatch):
    key = challenges.parse_key(link)
    begin(link, "Rude")
    monkeypatch.setenv(teacher_key.VARIABLE, "open sesame")
    role._door.clear()
    app = app_pages.open_page("challenge", challenge=link)
    assert not [one for one in app.selectbox if one.key == "challenge_remove_who"]
    app.text_input(key="teacher_key").set_value("open sesame")
    app_pages.button(app, "Enter").click().run()
    assert app.text_input(key="challenge_name"), "before taking part"
    app.selectbox(key="challenge_remove_who").select("Rude").run()
    role._door.clear()
    app.button(key="challenge_remove").click().run()
    assert [one.value for one in app.toast] == [
        "Only the teacher may remove a person from a challenge."
    ]
    assert [person.name for person in challenges.read_people(key).values()] == ["Rude"]


def remove(app, who: str):
    app.selectbox(key="challenge_remove_who").select(who).run()
    app.button(key="challenge_remove").click().run()
    assert not app.exception
    return app


def test_it_outlives_its_model(lab, link):
    begin(link, "")
    for path in sorted((lab.runs_dir / RUN).iterdir()):
        path.unlink()
    (lab.runs_dir / RUN).rmdir()
    app = begin(link, "late")
    assert app.get("progress")[0].proto.text == "Image 1 of 30"


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("../../etc", "which should be a challenge as its link names it"),
        ("20200101-000000-gone.fashion-mnist.5", "cannot be opened. There is no run"),
        (f"{RUN}.gone.5", "cannot be opened. Its dataset gone is not here."),
    ],
)
def test_a_link_that_leads_nowhere(lab, link, said):
    run_factory.write_run(lab.runs_dir, RUN)
    app = app_pages.open_page("challenge", challenge=link)
    assert said in app_pages.words(app)
