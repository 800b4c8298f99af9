"""The challenge as a visitor meets it, without a browser."""

import re
from pathlib import Path

import pytest
from challenge_by_hand import write_by_hand
from seen import texts_of
from streamlit.testing.v1 import AppTest
from test_language_of_pages import left
from test_pages import APP, click, shown

from mvm_core.challenge import AnswerStore, Challenge, pooled_model
from mvm_core.language import TAIWAN, speaking
from pages.components.challenge import films
from pages.components.challenge.figure import roc_figure


@pytest.fixture
def challenge(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Challenge:
    made = write_by_hand(tmp_path / "challenge", timed=True)
    monkeypatch.setenv("MVM_CHALLENGE", str(made.folder))
    return made


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """What the viewer was given, run by run."""
    given: list[dict] = []
    monkeypatch.setattr(
        films, "mount", lambda data, packed, listeners: given.append({**data, "packed": packed})
    )
    return given


def opened(page: str = "challenge", **address: str) -> AppTest:
    app = AppTest.from_file(APP, default_timeout=60)
    app.run().switch_page(f"pages/{page}.py").run()
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def begun(nickname: str = "Ada") -> AppTest:
    app = opened()
    app.text_input[0].set_value(nickname).run()
    return click(app, "Start")


def point(app: AppTest, level: str) -> AppTest:
    named = next(each for each in app.button_group if str(each.key).startswith("challenge-level"))
    return named.set_value(level).run()


def answer(app: AppTest, percent: int, level: str = "L2") -> AppTest:
    point(app, level)
    say(app, percent)
    return click(app, "Answer")


def say(app: AppTest, percent: int) -> AppTest:
    """What the browser's scale would tell: AppTest has none."""
    number = re.search(r"Case (\d) of", shown(app))[1]  # type: ignore[index]
    app.session_state[f"challenge-percent-{number}"] = percent
    return app.run()


def store(challenge: Challenge) -> AnswerStore:
    return AnswerStore(challenge.folder, challenge.identity)


def test_plain_app_has_no_challenge() -> None:
    app = AppTest.from_file(APP, default_timeout=60).run()
    assert not app.exception
    with pytest.raises(ValueError, match="Could not find a navigation page"):
        app.switch_page("pages/challenge.py")


def test_a_game_from_the_nickname_to_the_result(challenge: Challenge) -> None:
    app = begun()
    assert not app.exception
    for number, percent in enumerate((90, 40, 50, 100), start=1):
        assert f"Case {number} of 4" in shown(app)
        assert "Metastasis (MVM)" not in shown(app)
        answer(app, percent)
        assert not app.exception
        page = shown(app)
        truth = "Metastasis (MVM) of L2" if number in (1, 3) else "Benign fracture (BVF) of L2"
        assert truth in page
        assert "What gave it away" in page
        click(app, "See the result" if number == 4 else "Next case")
    page = shown(app)
    # by hand: 100 (1 - (0.01 + 0.16 + 0.25 + 1) / 4) against the model's 100 (1 - 0.175)
    assert "Ada: 64 points; the model has 82." in page
    assert "75%, 3/4" in page
    assert "0.355" in page
    assert "1 visitor has finished; median 64 points. The model: 82 points." in page
    assert "Median time" in page
    figure = app.get("plotly_chart")[0]
    assert "Simulated films" in figure.proto.spec
    (who,) = store(challenge).visitors()
    assert [each.probability for each in store(challenge).answers(who.id)] == [0.9, 0.4, 0.5, 1.0]


def test_nothing_tells_the_truth_before_the_answer(challenge: Challenge, sent: list[dict]) -> None:
    app = begun()
    asked = sent[-1]
    assert asked["evidence"] == asked["outlines"] == asked["regions"] == {}
    assert asked["readings"] == []
    assert not any(each["diseased"] for chain in asked["vertebrae"].values() for each in chain)
    told = " ".join(text for text in texts_of(app) if not text.startswith("<style"))
    assert not re.search(r"lytic|MVM likely|0\.9|90", told)
    answer(app, 80)
    answered = sent[-1]
    assert answered["study"] == asked["study"]
    assert answered["outlines"]["ap"]
    assert answered["evidence"]["mvm"]["all-views"]["ap"]["values"]
    assert [each["level"] for each in answered["vertebrae"]["ap"] if each["diseased"]] == ["L2"]


def test_films_of_the_next_case_travel_ahead(challenge: Challenge, sent: list[dict]) -> None:
    begun()
    assert all(
        f"-{number}-{view}" in sent[-1]["packed"][:900].decode("latin-1")
        for number in (1, 2)
        for view in ("ap", "lateral")
    )
    assert b"-3-ap" not in sent[-1]["packed"][:900]


def test_level_has_to_be_pointed_at(challenge: Challenge) -> None:
    app = begun()
    waiting = next(each for each in app.button if each.label == "Point at a level first")
    assert waiting.disabled
    point(app, "L3")
    waiting = next(each for each in app.button if each.label == "Say how sure you are first")
    assert waiting.disabled, "no start value passes for an answer"
    say(app, 50)
    assert not next(each for each in app.button if each.label == "Answer").disabled


def test_reload_and_another_window_go_on_where_it_was(challenge: Challenge) -> None:
    app = answer(begun(), 80)
    who, case = app.query_params["visitor"], app.query_params["case"]
    assert case == "1"
    again = opened(visitor=who, case=case)
    assert "Metastasis (MVM) of L2" in shown(again)
    assert "Ada" in shown(again)
    click(again, "Next case")
    assert "Case 2 of 4" in shown(again)
    # nobody looks ahead by the address
    ahead = opened(visitor=who, case="4")
    assert "Case 2 of 4" in shown(ahead)
    assert "Case 2 of 4" in shown(opened(visitor=who, case="rubbish"))


def test_two_windows_of_one_visitor_give_one_answer(challenge: Challenge) -> None:
    one = begun()
    two = opened(visitor=one.query_params["visitor"], case="1")
    say(point(two, "L2"), 10)
    answer(one, 90)
    click(two, "Answer")
    (kept,) = store(challenge).answers()
    assert kept.probability == 0.9
    assert "99" in shown(two)


def test_wiped_in_the_middle_it_is_said(challenge: Challenge) -> None:
    app = answer(begun(), 80)
    store(challenge).wipe()
    click(app, "Next case")
    assert not app.exception
    assert "This game has been wiped" in app.info[0].value
    assert any(each.label == "Start" for each in app.button)


def test_answering_after_being_wiped_keeps_nothing(challenge: Challenge) -> None:
    app = begun()
    say(point(app, "L2"), 50)
    store(challenge).wipe()
    click(app, "Answer")
    assert not app.exception
    assert store(challenge).answers() == ()


def test_visitor_can_be_forgotten(challenge: Challenge) -> None:
    app = begun()
    for number in range(1, 5):
        click(answer(app, 50), "See the result" if number == 4 else "Next case")
    click(app, "Forget my answers")
    assert store(challenge).visitors() == ()
    assert any(each.label == "Start" for each in app.button)


def test_nickname_is_no_markup(challenge: Challenge) -> None:
    app = begun("<b>Ada</b>")
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown(app)
    assert "<b>Ada" not in shown(app)


def test_wall_shows_everybody_and_wipes_by_one_button(challenge: Challenge) -> None:
    for name, percents in (("Ada", (100, 0, 100, 0)), ("Bob", (50, 50, 50, 50)), ("Eve", (10,))):
        who = store(challenge).enter(name)
        for number, percent in enumerate(percents, start=1):
            store(challenge).answer(who.id, number, percent / 100, "L2")
    app = opened("challenge_wall")
    assert not app.exception
    page = shown(app)
    assert page.index(">Ada<") < page.index('"row">The model<') < page.index(">Bob<")
    # has not finished
    assert "Eve" not in page
    assert "2 visitors have finished; median 88 points." in page
    assert "1 is reading." in page
    assert "3 visitors, pooled" in app.get("plotly_chart")[0].proto.spec
    assert re.search(r"Sensitivity.*?80%, 4/5 \(", page, re.DOTALL)
    assert page.count("Simulated films") >= 1
    click(app, "Wipe all nicknames and answers")
    assert "Ada" not in shown(app)
    assert store(challenge).visitors() == ()


def test_whoever_may_only_look_does_not_wipe(challenge: Challenge, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pages.components.challenge.wall.may_change", lambda: False)
    app = opened("challenge_wall")
    assert not app.exception
    assert not [each.label for each in app.button if "Wipe" in each.label]


def test_button_drawn_before_the_role_was_taken_away_wipes_nothing(
    challenge: Challenge, monkeypatch: pytest.MonkeyPatch
) -> None:
    store(challenge).enter("Ada")
    app = opened("challenge_wall")
    monkeypatch.setattr("pages.components.challenge.wall.may_change", lambda: False)
    click(app, "Wipe all nicknames and answers")
    assert [each.nickname for each in store(challenge).visitors()] == ["Ada"]


def test_damaged_challenge_is_one_sentence_on_both_pages(challenge: Challenge) -> None:
    (challenge.folder / "challenge.json").write_text("{")
    for page in ("challenge", "challenge_wall"):
        app = opened(page)
        assert not app.exception
        assert "the challenge is damaged" in app.error[0].value


def test_pages_are_chinese(challenge: Challenge) -> None:
    with speaking(TAIWAN):
        app = AppTest.from_file(APP, default_timeout=60)
        app.query_params["lang"] = TAIWAN
        app.run()
        app.switch_page("pages/challenge.py").run()
        assert left(app) == {}
        app.button(key="challenge-begin").click().run()
        found = left(app)
        for number in range(1, 5):
            point(app, "L2")
            app.session_state[f"challenge-percent-{number}"] = 50
            app.run()
            app.button(key=f"challenge-answer-{number}").click().run()
            found |= left(app)
            app.button(key=f"challenge-next-{number}").click().run()
        found |= left(app)
        app.switch_page("pages/challenge_wall.py").run()
        assert found | left(app) == {}


def test_a_perfect_curve_upon_the_frame_is_drawn_whole(tmp_path: Path) -> None:
    model = pooled_model(write_by_hand(tmp_path / "challenge"))
    drawn = [each for each in roc_figure(None, model, large=True).data if each.name != "chance"]
    assert [each.mode for each in drawn] == ["lines", "markers"]
    assert all(each.cliponaxis is False for each in drawn)
