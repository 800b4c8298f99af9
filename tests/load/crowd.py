"""A crowd of sessions, each a process of its own, and what became of their readings."""

import io
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
from users import STARTS_WITHIN_S, hostile_user, key, user

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
        said.append(key(found.level_in_question, {name: own.probability for name, own in results.items()}))
    return said


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
        before, together = app.memory_mb(), context.Barrier(sessions + hostile + 1)
        users = [
            context.Process(target=user, args=(app.address, n, cases[n % len(cases)], together, answers))
            for n in range(sessions)
        ]
        bad = [("endless.jpg", endless_jpeg())]
        users += [
            context.Process(target=hostile_user, args=(app.address, bad, together, answers))
            for _ in range(hostile)
        ]
        for each in users:
            each.start()
        together.wait(STARTS_WITHIN_S)
        start = time.monotonic()
        came, peak = _collect(answers, len(users), app)
        for each in users:
            each.join(30)
        spent = time.monotonic() - start
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
