"""A crowd of sessions, each a process of its own, and what became of their readings."""

import io
import json
import multiprocessing
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
from client import Session
from served import Served, served

from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile, pair_films, read_study
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient
from tests.fuzz.hostile import endless_jpeg

Films = list[tuple[str, bytes]]


def films_of(number: int) -> list[Films]:
    """Pairs of films that read differently: one simulated patient, darkened at the top by other shares."""
    patient = simulate_patient(PatientRequest(seed=26, label="mvm", kind="lytic", level="L2", severity=3))
    pair = [(f"{view}.dcm", film_to_dicom(patient, view)) for view in View]
    return varied(pair, number)


def varied(pair: Films, number: int) -> list[Films]:
    """So many pairs made of one: each with fewer rows, so that each reads differently."""
    return [[(name, _without_rows(content, 12 * index)) for name, content in pair] for index in range(number)]


def _without_rows(content: bytes, rows: int) -> bytes:
    film = pydicom.dcmread(io.BytesIO(content))
    pixels = film.pixel_array[rows:]
    film.Rows = pixels.shape[0]
    film.PixelData = np.ascontiguousarray(pixels).tobytes()
    kept = io.BytesIO()
    film.save_as(kept)
    return kept.getvalue()


def expected(cases: Sequence[Films]) -> list[str]:
    """What each pair reads, by the examiner alone: the level and the probability of each reading."""
    said = []
    for files in cases:
        found = Examiner.open().examine(pair_films(read_study([StudyFile(*file) for file in files])))
        results = found.reading.results if found.reading is not None else {}
        said.append(_key(found.level_in_question, {name: own.probability for name, own in results.items()}))
    return said


def _key(level: str | None, probabilities: dict[str, float]) -> str:
    return f"{level}: " + ", ".join(f"{name} {probabilities[name]:.4f}" for name in sorted(probabilities))


def _one(address: str, number: int, files: Films, start: float, answers: Any) -> None:
    """One user: opens the page, drops a pair under names of their own, takes the JSON home."""
    time.sleep(max(0.0, start - time.time()))
    began = time.monotonic()
    session = Session(address)
    session.open(timeout=500)
    stood = time.monotonic()
    shown = session.upload([(f"user{number}_{name}", content) for name, content in files], timeout=500)
    read = time.monotonic()
    document = json.loads(session.download("JSON")) if "JSON" in shown.downloads else {}
    found = {name: own["probability_mvm"] for name, own in document.get("readings", {}).items()}
    answers.put(
        {
            "number": number,
            "said": _key(document.get("level"), found) if document else "; ".join(shown.texts)[-300:],
            "films": document.get("provenance", {}).get("cohort", ""),
            "page_s": stood - began,
            "reading_s": read - stood,
            "told_to_wait": len(shown.toasts),
        }
    )
    session.close()


def _hostile(address: str, files: Films, start: float, answers: Any) -> None:
    """One who drops a file that takes a decoder for ever, and leaves before the answer."""
    time.sleep(max(0.0, start - time.time()))
    session = Session(address)
    session.open(timeout=500)
    session.drop(files)
    time.sleep(1)
    session.close()
    answers.put(None)


def crowd(cases: Sequence[Films], right: Sequence[str], sessions: int, hostile: int) -> dict[str, Any]:
    """Let sessions come all at once.

    Parameters
    ----------
    cases : sequence of films
        Session n drops pair n modulo their number.
    right : sequence of str
        What each pair reads.
    sessions, hostile : int
        How many users, and how many beside them drop a film that takes minutes to decode, and leave.

    Returns
    -------
    dict
        ``wrong`` (list of sentences), ``page_s``, ``reading_s`` (sorted, seconds), ``told_to_wait``,
        ``memory_mb`` (before, the peak, after), ``seconds``.
    """
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    with tempfile.TemporaryDirectory() as folder, served(Path(folder)) as app:
        first = Session(app.address)
        first.open(timeout=300)
        first.upload(cases[0], timeout=300)
        first.close()
        before, start = app.memory_mb(), time.time() + 4 + 0.5 * (sessions + hostile)
        users = [
            context.Process(target=_one, args=(app.address, n, cases[n % len(cases)], start, answers))
            for n in range(sessions)
        ]
        bad = [("endless.jpg", endless_jpeg())]
        users += [
            context.Process(target=_hostile, args=(app.address, bad, start, answers)) for _ in range(hostile)
        ]
        for user in users:
            user.start()
        came, peak = _collect(answers, len(users), app)
        for user in users:
            user.join(30)
        spent = time.time() - start
        after = app.memory_mb()
    readers = sorted((each for each in came if each is not None), key=lambda each: each["number"])
    wrong = [sentence for each in readers for sentence in _mistakes(each, right)]
    if len(readers) != sessions:
        wrong.append(f"{sessions - len(readers)} sessions gave no answer")
    return {
        "sessions": sessions,
        "hostile": hostile,
        "wrong": wrong,
        "page_s": sorted(round(each["page_s"], 2) for each in readers),
        "reading_s": sorted(round(each["reading_s"], 2) for each in readers),
        "told_to_wait": sum(each["told_to_wait"] > 0 for each in readers),
        "memory_mb": {"before": round(before), "peak": round(peak), "after": round(after)},
        "seconds": round(spent, 1),
    }


def _collect(answers: Any, number: int, app: Served) -> tuple[list[Any], float]:
    came, peak, latest = [], 0.0, time.monotonic() + 900
    while len(came) < number and time.monotonic() < latest:
        peak = max(peak, app.memory_mb())
        time.sleep(0.3)
        while not answers.empty():
            came.append(answers.get())
    return came, peak


def _mistakes(each: dict[str, Any], right: Sequence[str]) -> list[str]:
    number, wanted = each["number"], right[each["number"] % len(right)]
    found = []
    if each["said"] != wanted:
        found.append(f"session {number}: {each['said']}, expected {wanted}")
    if f"user{number}_" not in each["films"]:
        found.append(f"session {number} was given the reading of {each['films'] or 'nobody'}")
    return found


def told(said: dict[str, Any]) -> str:
    """The figures in words."""

    def spread(seconds: list[float]) -> str:
        return (
            f"median {seconds[len(seconds) // 2]:.1f} s, longest {seconds[-1]:.1f} s" if seconds else "none"
        )

    memory = said["memory_mb"]
    lines = [
        f"{said['sessions']} sessions at once, {said['hostile']} hostile ones beside them: "
        f"{len(said['wrong'])} mistakes",
        f"page stands: {spread(said['page_s'])}",
        f"reading: {spread(said['reading_s'])}; told their place in the queue: {said['told_to_wait']}",
        f"memory of the app and its decoders: {memory['before']} MB before, {memory['peak']} MB at most, "
        f"{memory['after']} MB after",
        *said["wrong"],
    ]
    return "\n".join(lines)
