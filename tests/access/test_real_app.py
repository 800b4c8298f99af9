"""The real app behind its gate: what it serves whom, and that nothing of a film is kept or written."""

import io
import re
import time
from pathlib import Path

import psutil
import pydicom
import pytest
import requests
from access_words import PASSWORD
from client import NotLetInError, Session
from served import Served

from mvm_core.imaging import StudyFile

MARK = "ZQXWVKUNGENANNT"
"""Stands in headers and file names, and nowhere else."""


@pytest.fixture(scope="module")
def marked(dicom_pair: tuple[StudyFile, StudyFile]) -> list[tuple[str, bytes]]:
    """The simulated patient's films with a mark wherever a header has room for it, over 1 MB each."""
    files = []
    for file in dicom_pair:
        film = pydicom.dcmread(io.BytesIO(file.content))
        film.PatientName, film.PatientID = f"{MARK}^ANNA", f"{MARK}17"
        film.StudyDescription = film.InstitutionName = film.AccessionNumber = MARK
        film.PatientComments = MARK * 20
        kept = io.BytesIO()
        film.save_as(kept)
        assert len(kept.getvalue()) > 1 << 20
        files.append((f"{MARK}_{file.name}", kept.getvalue()))
    return files


def damaged(content: bytes) -> bytes:
    """A film whose header makes a reader warn and fail: a date that is none, a wrong VR, pixels cut off."""
    film = pydicom.dcmread(io.BytesIO(content))
    film.PatientName = f"{MARK}^DAMAGED"
    with pydicom.config.disable_value_validation():
        film.add_new("StudyDate", "DA", MARK)
        film.add_new("PatientBirthDate", "DA", MARK)
        kept = io.BytesIO()
        film.save_as(kept)
    return kept.getvalue()[: len(content) // 2].replace(b"US\x02\x00", b"UI\x02\x00", 1)


def log_in(app: Served, name: str, password: str = PASSWORD) -> dict[str, str]:
    """Cookies of a login."""
    asking = requests.Session()
    asking.trust_env = False
    form = {"name": name, "password": password}
    answer = asking.post(f"{app.address}/login", data=form, allow_redirects=False, timeout=60)
    assert answer.status_code == 303
    return asking.cookies.get_dict()


def occurrences(process: psutil.Process, words: bytes) -> int:
    """How often words stand in the memory of a process and its children."""
    return sum(_in_memory(each.pid, words) for each in (process, *process.children(recursive=True)))


def _in_memory(pid: int, words: bytes) -> int:
    found = 0
    with Path(f"/proc/{pid}/mem").open("rb", 0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            begin, end, rights, name = re.match(r"(\w+)-(\w+) (\S+) \S+ \S+ \S+ *(.*)", line).groups()  # type: ignore[union-attr]
            if "r" not in rights or name in ("[vvar]", "[vdso]", "[vsyscall]"):
                continue
            try:
                memory.seek(int(begin, 16))
                found += memory.read(int(end, 16) - int(begin, 16)).count(words)
            except (OSError, ValueError, OverflowError):
                continue
    return found


def test_a_stranger_gets_no_session_and_no_page(app: Served) -> None:
    for path in ("/", "/upload", "/cohort", "/explainability", "/_stcore/host-config", "/_stcore/metrics"):
        assert requests.get(app.address + path, timeout=60).status_code == 401
    with pytest.raises(requests.HTTPError):
        _open(app, {"mvm_session": "guessed"})


def _open(app: Served, cookies: dict[str, str]) -> Session:
    answer = requests.get(f"{app.address}/_stcore/host-config", cookies=cookies, timeout=60)
    answer.raise_for_status()
    return Session(app.address, cookies)


def test_a_strangers_websocket_is_refused(app: Served) -> None:
    with pytest.raises(NotLetInError):
        Session(app.address, {})


def test_a_viewer_sees_pages_and_no_drop_zone(app: Served) -> None:
    session = _open(app, log_in(app, "victor"))
    shown = session.open()
    assert shown.says("Metastasis or fracture")
    assert shown.drop_zones == []
    assert session.put(session.upload_path(), "film.dcm", b"film").status_code == 403
    session.close()


def test_an_upload_without_the_sites_own_token_is_refused(app: Served) -> None:
    session = _open(app, log_in(app, "anna"))
    session.open()
    bare = requests.put(
        app.address + session.upload_path(),
        files={"file": ("film.dcm", b"film")},
        cookies=session.http.cookies.get_dict(),
        timeout=60,
    )
    assert bare.status_code == 403
    session.close()


def test_what_is_no_film_is_refused_by_its_content(app: Served) -> None:
    session = _open(app, log_in(app, "anna"))
    session.open()
    for name, content in (
        ("film.dcm", b"MZ\x90\x00 a program"),
        ("film.png", b"<html><script>alert(1)</script>"),
    ):
        shown = session.upload([(name, content)])
        assert shown.says(name), shown.texts
        assert "JSON" not in shown.downloads
    session.close()


def test_films_are_read_and_nothing_of_them_is_written(app: Served, marked: list[tuple[str, bytes]]) -> None:
    # The app runs under a limit of the system that refuses every byte to every file, so what is read here
    # was read without one; what is over 1 MB would else be spooled to the temporary folder.
    mark = MARK.encode()
    session = _open(app, log_in(app, "anna"))
    session.open()
    assert session.upload(marked).downloads.get("JSON")
    assert mark in session.download("JSON"), "the file names are told to whoever gave them"
    assert session.upload([(f"{MARK}.dcm", damaged(marked[0][1]))]).says(MARK), "the error names the file"
    assert occurrences(app.process, mark) > 0, "the search finds what is there"
    session.close()

    logged = app.logged()
    assert '"event": "reading"' in logged
    assert '"request"' in logged
    assert MARK not in logged
    assert PASSWORD not in logged
    assert session.http.cookies["mvm_session"] not in logged
    folders = (app.log.parent, Path("/tmp"), Path("/dev/shm"), Path("/var/tmp"))
    fresh = {path for folder in folders for path in folder.glob("*") if path.is_file() and path != app.log}
    assert not [path for path in fresh if mark in path.read_bytes()]
    limits = Path(f"/proc/{app.process.pid}/limits").read_text()
    assert re.search(r"Max core file size +0 +0 ", limits), "a core dump would write memory to the disk"


def test_a_kept_connection_is_answered_at_once(app: Served) -> None:
    """A body that waits until the browser has confirmed the head comes 40 ms after it, each time."""
    with requests.Session() as kept:
        kept.trust_env = False
        waited = []
        for _ in range(12):
            answer = kept.get(f"{app.address}/_stcore/health", timeout=60, stream=True)
            began = time.perf_counter()
            assert answer.content == b"ok"
            waited.append(time.perf_counter() - began)
    assert min(waited[2:]) < 0.02
