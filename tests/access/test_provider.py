"""The login through an OpenID Connect provider, a real one that runs in the test."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import urljoin

import pytest
import requests
from client import Session
from served import Served, free_port, served

from pages.access.accounts import Account, Role, write_accounts


def _write_secrets(home: Path, section: str) -> None:
    (home / ".streamlit").mkdir()
    (home / ".streamlit" / "secrets.toml").write_text(f"[auth]\n{section}")


@contextmanager
def _provider() -> Iterator[str]:
    """A provider in a process of its own; gives its address."""
    port = free_port()
    command = [sys.executable, "-m", "oidc_provider_mock", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            with suppress(requests.ConnectionError):
                requests.get(f"{address}/.well-known/openid-configuration", timeout=5).raise_for_status()
                break
            time.sleep(0.25)
        yield address
    finally:
        process.terminate()
        process.wait(timeout=15)


@pytest.fixture(scope="module")
def provided(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The app with a provider, and a list of who may enter through it: eva, who looks."""
    folder = tmp_path_factory.mktemp("provided")
    users = folder / "users.json"
    write_accounts(users, {"eva@hospital.example": Account("eva@hospital.example", Role.VIEWER)})
    port = free_port()
    with _provider() as provider:
        _write_secrets(
            folder,
            f'redirect_uri = "http://127.0.0.1:{port}/oauth2callback"\n'
            'cookie_secret = "a-secret-of-the-cookie-that-is-long-enough"\n'
            'client_id = "mvm"\nclient_secret = "a-secret-of-the-client"\n'
            f'server_metadata_url = "{provider}/.well-known/openid-configuration"\n',
        )
        with served(folder, port=port, HOME=str(folder), MVM_USERS=str(users)) as running:
            yield running


def _through_the_provider(app: Served, person: str) -> tuple[requests.Session, requests.Response]:
    """Log in there as a person does, step by step; gives the browser and its last answer."""
    browser = requests.Session()
    browser.trust_env = False
    page = browser.get(f"{app.address}/login", timeout=60)
    assert 'type="password"' not in page.text
    way = re.search(r'class="button" href="([^"]+)"', page.text)
    assert way is not None
    form = browser.get(urljoin(page.url, way.group(1).replace("&amp;", "&")), timeout=60)
    assert form.url.startswith("http://127.0.0.1")
    assert "client_id=mvm" in form.url
    headers = {"accept": "text/html"}
    return browser, browser.post(form.url, data={"sub": person}, headers=headers, timeout=60)


def test_whom_the_provider_vouches_for_enters_once_in_their_role(provided: Served) -> None:
    browser, page = _through_the_provider(provided, "eva@hospital.example")
    assert page.status_code == 200
    assert "<title>Streamlit</title>" in page.text
    cookies = browser.cookies.get_dict()
    session = Session(provided.address, cookies)
    shown = session.open()
    assert shown.says("Metastasis or fracture")
    assert shown.drop_zones == [], "eva looks, and gives no films"
    session.close()

    provider_alone = {name: value for name, value in cookies.items() if name != "mvm_session"}
    again = requests.get(f"{provided.address}/upload", cookies=provider_alone, timeout=60)
    assert again.status_code == 401, "what the provider said is good for one login"
    logged = provided.logged()
    assert '"way": "provider"' in logged
    assert not [value for value in cookies.values() if value in logged]
    assert "a-secret-of" not in logged
    assert "code=" not in logged


def test_whom_the_list_does_not_name_stays_out(provided: Served) -> None:
    browser, page = _through_the_provider(provided, "mallory@evil.example")
    assert "Streamlit" not in page.text
    assert "mvm_session" not in browser.cookies.get_dict()
    assert "mallory" not in provided.logged()


def test_an_incomplete_section_is_refused_in_one_sentence(tmp_path: Path) -> None:
    _write_secrets(tmp_path, 'client_id = "mvm"\n')
    with pytest.raises(RuntimeError, match="code 2"), served(tmp_path, HOME=str(tmp_path)):
        pass
    assert "it is incomplete; give redirect_uri" in (tmp_path / "app.log").read_text()
