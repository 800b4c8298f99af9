"""Readers of a study all at once, each over a websocket of its own."""

import json
import tempfile
import threading
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from client import NotLetInError, Session
from served import served
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException

from mvm_core.models import Reader
from mvm_core.reader_study.store import Store
from mvm_core.reader_study.study_file import read_study_file
from tests.reader_study.study_files import simulate_small_cohort

_KINDS = ("text_input", "button", "selectbox", "radio", "bidi_component")
_PATIENT_S = 900.0


class StudySession(Session):
    """A session that also presses buttons and answers: widgets by the end of their names."""

    def __init__(self, address: str) -> None:
        self.widgets: dict[str, str] = {}
        self._states: dict[str, WidgetState] = {}
        self._script = ""
        super().__init__(address)

    def find(self, name: str) -> str:
        """The identifier of the widget whose key ends so."""
        (found,) = (own for own in self.widgets if own.endswith(name))
        return found

    def say(self, timeout: float = _PATIENT_S, press: str = "", **states: Mapping[str, Any]) -> float:
        """Give widgets their states, press a button, and wait for the page; the seconds that it took."""
        for name, value in states.items():
            own = self.find(name.replace("_", "-"))
            self._states[own] = WidgetState(id=own, **value)
        message = BackMsg()
        message.rerun_script.page_script_hash = self._script
        message.rerun_script.widget_states.widgets.extend(self._states.values())
        if press:
            message.rerun_script.widget_states.widgets.append(
                WidgetState(id=self.find(press), trigger_value=True)
            )
        began = time.monotonic()
        self.widgets = {}
        self._run(message, timeout)
        return time.monotonic() - began

    def _receive(self, timeout: float):  # type: ignore[no-untyped-def]
        message = super()._receive(timeout)
        if message.WhichOneof("type") == "navigation":
            self._script = message.navigation.page_script_hash
        return message

    def _take(self, element) -> None:  # type: ignore[no-untyped-def]
        super()._take(element)
        kind = element.WhichOneof("type")
        if kind in _KINDS:
            self.widgets[getattr(element, kind).id] = kind


def said(number: int, place: int) -> int:
    """What a reader answers to the reading at a place: no two readers the same anywhere."""
    return (number * 5 + place) % 101


def _read(address: str, number: int, start: threading.Barrier, waits: list[float], wrong: list[str]) -> None:
    try:
        session = StudySession(address)
        session.open("reader_study", timeout=_PATIENT_S)
        start.wait(_PATIENT_S)
        waits.append(session.say(study_code={"string_value": f"code-{number:02d}"}, press="study-door-Enter"))
        screen = {"screen": {"width": 1920, "height": 1080, "ratio": 1}}
        session.say(
            study_screen_seen={"json_value": json.dumps(screen)},
            study_card_seen={"json_value": json.dumps({"card": 340})},
        )
        yes = {"string_value": "yes"}
        waits.append(session.say(study_dark=yes, study_bright=yes))
        waits.append(session.say(press="study-screen-done"))
        place = 0
        while session.shown.says("Reading "):
            waits.append(
                session.say(
                    **{
                        f"study_level_{place}": {"string_value": "L2"},
                        f"scale_study_mvm_{place}": {"json_value": json.dumps({"said": said(number, place)})},
                    }
                )
            )
            waits.append(session.say(press=f"study-give-{place}"))
            place += 1
        if not session.shown.says("All is read"):
            wrong.append(f"reader {number} after {place} readings: {' '.join(session.shown.texts)[-300:]}")
        session.close()
    except (
        OSError,
        WebSocketException,
        NotLetInError,
        AssertionError,
        LookupError,
        RuntimeError,
        ValueError,
    ) as error:
        wrong.append(f"reader {number}: {type(error).__name__} {error}")
        start.abort()


def crowd(readers: int) -> dict[str, Any]:
    """Let readers come all at once, and compare what is kept with what each said.

    Parameters
    ----------
    readers : int
        Each reads four cases, every one of them twice.

    Returns
    -------
    dict
        ``wrong`` (list of sentences), ``answers``, ``waits`` (sorted, seconds), ``seconds``.
    """
    waits: list[float] = []
    wrong: list[str] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        simulate_small_cohort(folder / "cohort")
        people = "".join(
            f'[[readers]]\nname = "Reader {number}"\ncode = "code-{number:02d}"\n'
            for number in range(readers)
        )
        path = folder / "study.toml"
        path.write_text(
            'title = "Crowd"\nseed = 5\norganiser_code = "chief-code"\ndesign = "unaided-then-aided"\n'
            f'questions = ["level", "probability"]\n[cases]\nfolder = "cohort"\nmvm = 2\nbvf = 2\n{people}'
        )
        plan = read_study_file(path)
        app = stack.enter_context(served(folder, MVM_STUDY=str(path), MVM_EXAMPLE="0"))
        start = threading.Barrier(readers)
        threads = [
            threading.Thread(target=_read, args=(app.address, number, start, waits, wrong))
            for number in range(readers)
        ]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(_PATIENT_S)
        seconds = time.monotonic() - began
        store = Store.open(plan, Reader.open().weights.identity)
        given = store.answers()
        store.engine.dispose()
    kept = {(each.reader, each.place): each.answer.probability for each in given}
    expected = {
        (f"Reader {number}", place): said(number, place) for number in range(readers) for place in range(8)
    }
    wrong += [
        f"{reader}, reading {place}: {kept.get((reader, place))} is kept, {value} was said"
        for (reader, place), value in expected.items()
        if kept.get((reader, place)) != value
    ]
    return {
        "wrong": wrong,
        "answers": len(given),
        "waits": sorted(round(each, 3) for each in waits),
        "seconds": seconds,
    }


def told(found: dict[str, Any]) -> str:
    """The figures in words."""
    waits = found["waits"]
    spread = f"{waits[len(waits) // 2]:.2f} s in the median of {len(waits)}, {waits[-1]:.2f} s at most"
    return "\n".join(
        [
            f"{found['answers']} answers kept, {len(found['wrong'])} mistakes; a step of the page took "
            f"{spread if waits else 'nobody anything'}; {found['seconds']:.0f} s in all",
            *found["wrong"],
        ]
    )
