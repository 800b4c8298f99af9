"""An app whose films, and whose example, a service reads."""

import re
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest
import requests
import uvicorn
from film_handling import opened
from playwright.sync_api import BrowserContext, expect

from mvm_core.examination import Examiner
from mvm_core.imaging import StudyFile
from mvm_core.inference import SHIPPED
from mvm_core.service.application import create_app
from mvm_core.service.readers import LocalReader
from mvm_core.service.settings import ServiceSettings

TOKEN = "a token of sixteen characters"


@pytest.fixture
def service() -> Iterator[str]:
    """The address of a service in this process."""
    import hashlib

    settings = ServiceSettings(frozenset({hashlib.sha256(TOKEN.encode()).hexdigest()}))
    app = create_app(LocalReader(Examiner.open(SHIPPED), settings), settings)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
    running = threading.Thread(target=server.run)
    running.start()
    while not server.started:
        assert running.is_alive()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    running.join(20)


def examined(service: str) -> int:
    """How many questions of apps it has answered."""
    asking = requests.Session()
    asking.trust_env = False
    told = asking.get(f"{service}/metrics", headers={"Authorization": f"Bearer {TOKEN}"}, timeout=30).text
    found = re.search(r'mvm_requests_total\{path="/v1/examine",status="200"\} (\d+)', told)
    return int(found[1]) if found else 0


@pytest.mark.filterwarnings("ignore")
def test_a_service_reads_the_example_and_the_films_that_are_dropped(
    service: str,
    serve_real: Callable[..., AbstractContextManager[Any]],
    context: BrowserContext,
    dicom_pair: tuple[StudyFile, StudyFile],
) -> None:
    environment = {"MVM_READER": service, "MVM_READER_TOKEN": TOKEN, "NO_PROXY": "127.0.0.1"}
    with serve_real(environment={**environment, "MVM_EXAMPLE": "1"}) as server:
        page = context.new_page()
        page.goto(server.address)
        expect(page.locator(".mvm-verdict")).to_be_visible(timeout=300_000)
        of_example = examined(service)
        assert of_example >= 1
        opened(page, *dicom_pair)
        expect(page.locator(".mvm-verdict .who")).to_contain_text("L2")
        assert examined(service) > of_example
        page.close()
    with serve_real(
        environment={**environment, "MVM_READER_TOKEN": "another token of some length"}
    ) as server:
        page = context.new_page()
        page.goto(server.address)
        page.wait_for_selector('[data-testid="stFileUploaderDropzone"]')
        page.locator("input[type=file]").last.set_input_files(
            [{"name": dicom_pair[0].name, "mimeType": "", "buffer": dicom_pair[0].content}]
        )
        expect(page.get_by_text("MVM_READER: the service refuses (There is no token")).to_be_visible()
        page.close()
