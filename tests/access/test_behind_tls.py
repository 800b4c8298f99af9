"""The worked example of docs/nginx.conf: the app, its uploads and its websocket through TLS."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from access_words import PASSWORD
from client import Session
from served import Served, free_port

from mvm_core.imaging import StudyFile

EXAMPLE = Path(__file__).resolve().parents[2] / "docs" / "nginx.conf"


@dataclass(frozen=True)
class Proxy:
    """nginx before the app: its two addresses, and the certificate to trust."""

    address: str
    plain_address: str
    certificate: Path


@pytest.fixture(scope="module")
def proxy(app: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The example as it stands, but for names, ports and the certificate."""
    nginx, openssl = shutil.which("nginx", path="/usr/sbin:/usr/bin:/bin"), shutil.which("openssl")
    if nginx is None or openssl is None:
        pytest.skip("no nginx or openssl: apt-get install nginx-light openssl")
    folder = tmp_path_factory.mktemp("nginx")
    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    port, plain = free_port(), free_port()
    site = EXAMPLE.read_text()
    for before, after in (
        ("listen 443 ssl", f"listen 127.0.0.1:{port} ssl"),
        ("listen 80", f"listen 127.0.0.1:{plain}"),
        ("mvm.hospital.example", "localhost"),
        ("/etc/ssl/mvm/certificate.pem", str(certificate)),
        ("/etc/ssl/mvm/key.pem", str(key)),
        ("http://127.0.0.1:8501", app.address),
    ):
        assert before in site
        site = site.replace(before, after)
    places = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    config = folder / "nginx.conf"
    config.write_text(
        f"pid {folder}/pid; error_log {folder}/error.log; events {{}} http {{ {places}\n{site} }}"
    )
    process = subprocess.Popen([nginx, "-c", config, "-p", folder, "-g", "daemon off;"])
    address = f"https://localhost:{port}"
    try:
        _wait(address, certificate)
        yield Proxy(address, f"http://localhost:{plain}", certificate)
    finally:
        process.terminate()
        process.wait(timeout=15)
    assert not [
        path for kind in ("client_body", "proxy") for path in (folder / kind).rglob("*") if path.is_file()
    ]


def _wait(address: str, certificate: Path) -> None:
    for _ in range(60):
        try:
            requests.get(f"{address}/_stcore/health", verify=str(certificate), timeout=5)
            return
        except requests.ConnectionError:
            time.sleep(0.25)
    raise RuntimeError("nginx did not answer within 15 s")


def test_plain_http_leads_to_tls(proxy: Proxy) -> None:
    answer = requests.get(f"{proxy.plain_address}/upload", allow_redirects=False, timeout=30)
    assert answer.status_code == 301
    assert answer.headers["location"].startswith("https://localhost/upload")


def test_films_are_read_through_tls(proxy: Proxy, dicom_pair: tuple[StudyFile, StudyFile]) -> None:
    trusted = str(proxy.certificate)
    with pytest.raises(requests.exceptions.SSLError):
        requests.get(proxy.address, timeout=30)
    stranger = requests.get(proxy.address, headers={"accept": "text/html"}, verify=trusted, timeout=30)
    assert 'type="password"' in stranger.text
    entering = requests.Session()
    entering.trust_env, entering.verify = False, trusted
    form = {"name": "anna", "password": PASSWORD}
    entered = entering.post(f"{proxy.address}/login", data=form, allow_redirects=False, timeout=60)
    assert "; secure" in entered.headers["set-cookie"].lower()
    page = entering.get(f"{proxy.address}/", timeout=60)
    assert page.headers["strict-transport-security"] == "max-age=31536000"
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    session = Session(proxy.address, entering.cookies.get_dict(), trusted)
    session.open()
    shown = session.upload([(file.name, file.content) for file in dicom_pair])
    assert b'"weights"' in session.download("JSON"), shown.texts
    session.close()
