"""The reader over HTTP: the answers of predict, and refusals that name the cure."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
import requests

from mvm_core import __version__
from mvm_core.errors import AccessError
from mvm_core.examination import Examiner
from mvm_core.examination_report import examination_as_dict
from mvm_core.imaging import read_film, with_view
from mvm_core.inference import SHIPPED
from mvm_core.radiograph import FilmPair, View
from mvm_core.service.settings import ServiceSettings, read_tokens
from mvm_core.simulation import PatientRequest, film_to_dicom, simulate_patient

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "a token of sixteen characters"
NAME = "ZQXWVK"


@dataclass(frozen=True)
class Running:
    """A service in a process of its own."""

    address: str
    log: Path
    process: "subprocess.Popen[bytes]"

    def ask(
        self, files: list[tuple[str, tuple[str, bytes]]], token: str = TOKEN, **fields: str
    ) -> requests.Response:
        asking = requests.Session()
        asking.trust_env = False
        return asking.post(
            f"{self.address}/v1/predict",
            files=files,
            data=fields,
            headers={"Authorization": f"Bearer {token}"},
            timeout=120,
        )

    def get(self, path: str, token: str = TOKEN) -> requests.Response:
        asking = requests.Session()
        asking.trust_env = False
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return asking.get(self.address + path, headers=headers, timeout=60)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("service")
    (folder / "tokens").write_text(f"# of the app\n{TOKEN}\n")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "mvm_core",
        "serve",
        "--port",
        str(port),
        "--tokens",
        str(folder / "tokens"),
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*command, "--most-mb", "30"], cwd=ROOT, stdout=log, stderr=log)
        running = Running(f"http://127.0.0.1:{port}", folder / "log", process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                running.get("/health")
                break
            except requests.ConnectionError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        yield running
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def patients() -> list[dict[View, bytes]]:
    """Films of three patients."""
    found = []
    for seed in range(3):
        patient = simulate_patient(PatientRequest(seed=40 + seed, label=("mvm", "bvf", "mvm")[seed]))
        found.append({view: film_to_dicom(patient, view) for view in View})
    return found


def files_of(patient: dict[View, bytes]) -> list[tuple[str, tuple[str, bytes]]]:
    return [(view.value, (f"{view.value}.dcm", content)) for view, content in patient.items()]


def expected(patient: dict[View, bytes]) -> dict:
    films = {
        view: with_view(read_film(content, f"{view.value}.dcm"), view) for view, content in patient.items()
    }
    found = Examiner.open(SHIPPED).examine(FilmPair(films.get(View.AP), films.get(View.LATERAL)))
    return json.loads(json.dumps(examination_as_dict(found)))


def test_fifty_requests_at_once_get_their_own_answers(
    service: Running, patients: list[dict[View, bytes]]
) -> None:
    # three pairs, and three AP films alone
    films = [*patients, *({View.AP: patient[View.AP]} for patient in patients)]
    wanted = [expected(film) for film in films]
    assert all(one != other for one, other in combinations(wanted, 2))

    def ask(number: int) -> bool:
        answer = service.ask(files_of(films[-(number % 6)]))
        assert answer.status_code == 200, answer.text
        assert answer.headers["X-MVM-Version"] == __version__
        assert answer.headers["X-MVM-Weights"].startswith(answer.json()["weights"])
        return answer.json() == wanted[-(number % 6)]

    with ThreadPoolExecutor(50) as many:
        assert all(many.map(ask, range(50)))


def test_the_answer_is_that_of_the_command_line(
    service: Running, patients: list[dict[View, bytes]], tmp_path: Path
) -> None:
    arguments = []
    for view, content in patients[0].items():
        (tmp_path / f"{view.value}.dcm").write_bytes(content)
        arguments += [f"--{view.value}", str(tmp_path / f"{view.value}.dcm")]
    done = subprocess.run(
        [sys.executable, "-m", "mvm_core", "predict", *arguments, "--json"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert service.ask(files_of(patients[0])).json() == json.loads(done.stdout)


def test_views_are_told_and_boxes_and_levels_win(service: Running, patients: list[dict[View, bytes]]) -> None:
    unnamed = [("films", (f"{view.value}.dcm", content)) for view, content in patients[0].items()]
    told = service.ask(unnamed).json()
    assert set(told["films"]) == {"ap", "lateral"}
    named = service.ask(files_of(patients[0]), level="L3").json()
    assert named["level_in_question"] == "L3"
    assert named["pointed_at"] is True
    box = service.ask(files_of(patients[0])[:1], ap_box="300 400 420 480").json()
    assert box["pointed_at"] is True


@pytest.mark.parametrize(
    ("files", "fields", "status", "told"),
    [
        ([], {"level": "L2"}, 415, "The request is no form"),
        ([("ap", ("a.dcm", b"no film"))], {}, 422, "a.dcm: "),
        ([("films", ("letter.txt", b"Dear"))], {}, 422, "letter.txt: "),
        ([("ap", ("a.dcm", b""))], {}, 422, "the file is empty"),
        ([("oblique", ("a.dcm", b"x"))], {}, 400, "oblique: there is no such field; choose from ap, lateral"),
        ([("ap", ("a.dcm", b"x"))], {"ap_box": "1 2 3"}, 400, "ap_box: '1 2 3' is not a box"),
        ([("ap", ("a.dcm", b"x"))], {"level": "C3"}, 400, "level: 'C3' is none"),
        ([("ap", ("a.dcm", b"x")), ("ap", ("b.dcm", b"x"))], {}, 400, "sent twice"),
        ([("ap", ("a.dcm", b"x")), ("films", ("b.dcm", b"x"))], {}, 400, "with and without a view"),
        ([("ap", ("a.dcm", b"0" * 31_000_000))], {}, 413, "more than 30 MB"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_with_a_status(
    service: Running, files: list, fields: dict[str, str], status: int, told: str
) -> None:
    answer = service.ask(files, **fields)
    assert answer.status_code == status, answer.text
    assert told in answer.json()["error"]
    assert set(answer.json()) == {"error"}


def test_a_box_beside_its_film_is_refused(service: Running, patients: list[dict[View, bytes]]) -> None:
    beside = service.ask(files_of(patients[0]), ap_box="5000 10 5100 60")
    assert (beside.status_code, "outside the film" in beside.json()["error"]) == (400, True)
    without = service.ask(files_of(patients[0])[:1], lateral_box="10 10 90 90")
    assert (without.status_code, "without its film" in without.json()["error"]) == (400, True)


def test_who_has_no_token_gets_nothing_but_health(
    service: Running, patients: list[dict[View, bytes]]
) -> None:
    for token in ("", "a wrong token of some length"):
        answer = service.ask(files_of(patients[0])[:1], token=token)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == "Bearer"
        for path in ("/", "/metrics", "/openapi.json"):
            assert service.get(path, token).status_code == 401
        assert service.get("/health", token).json()["status"] == "reads"


def test_it_says_what_it_offers_and_counts(service: Running, patients: list[dict[View, bytes]]) -> None:
    service.ask(files_of(patients[0])[:1])
    described = service.get("/openapi.json").json()
    fields = described["paths"]["/v1/predict"]["post"]["requestBody"]["content"]["multipart/form-data"][
        "schema"
    ]
    assert {"ap", "lateral", "films", "level"} <= set(fields["properties"])
    assert "simulated" in described["info"]["description"]
    counted = service.get("/metrics").text
    assert re.search(r'mvm_requests_total\{path="/v1/predict",status="200"\} [1-9]', counted)
    assert "mvm_request_seconds_bucket" in counted
    page = service.get("/").text
    assert "POST /v1/predict" in page
    assert not re.findall(r"(?:src|href)='(?!openapi.json)", page)


def test_nothing_of_a_film_is_in_the_log(service: Running, patients: list[dict[View, bytes]]) -> None:
    film = patients[0][View.AP].replace(b"PatientName", b"PatientName")
    service.ask([("ap", (f"{NAME}.dcm", film))])
    service.ask([("ap", (f"{NAME}.dcm", b"no film of " + NAME.encode()))])
    log = service.log.read_text()
    assert '"event": "request"' in log
    assert NAME not in log
    assert TOKEN not in log


def test_who_asks_too_often_is_told_when_to_come_again(patients: list[dict[View, bytes]]) -> None:
    from starlette.testclient import TestClient

    from mvm_core.service.application import create_app
    from mvm_core.service.readers import LocalReader

    def client_of(settings: ServiceSettings) -> TestClient:
        return TestClient(create_app(LocalReader(Examiner.open(SHIPPED), settings), settings))

    client = client_of(ServiceSettings(a_minute=2))
    for _ in range(2):
        assert client.get("/metrics").status_code == 200
    answer = client.get("/metrics")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "30")
    full = client_of(ServiceSettings(most_waiting=-2))
    answer = full.post("/v1/predict", files={"ap": ("ap.dcm", patients[0][View.AP])})
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5")


def test_it_does_not_start_open_to_others(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "MVM_SERVICE_TOKENS"}
    done = subprocess.run(
        [sys.executable, "-m", "mvm_core", "serve", "--host", "0.0.0.0"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=environment,
        timeout=60,
    )
    assert done.returncode == 2
    assert "there are no tokens; give --tokens" in done.stderr
    (tmp_path / "tokens").write_text("short\n")
    with pytest.raises(AccessError, match="a token is too short"):
        read_tokens(tmp_path / "tokens")
    with pytest.raises(AccessError, match="cannot be read"):
        read_tokens(tmp_path / "none")
