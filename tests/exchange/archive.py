"""A real Orthanc, and the node as a process of its own."""

import json
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pydicom
import pytest
import requests

ROOT = Path(__file__).resolve().parents[2]
Changed = Callable[..., bytes]
"""Gives a film's file with other attributes."""

PLUGIN = Path("/usr/share/orthanc/plugins/libOrthancDicomWeb.so")


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def wait_for(what: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What a function returns, as soon as that is something."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds:g} s in vain")


class Orthanc:
    """An archive; its DICOM port is for a network of its own (`own_network`)."""

    def __init__(self, folder: Path, *, dicom: bool = False, node_port: int = 0, **settings: Any) -> None:
        if shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin") is None or not PLUGIN.exists():
            pytest.skip("Orthanc is missing: install orthanc and orthanc-dicomweb")
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port = folder, free_port()
        self.dicom_port = free_port() if dicom else 0
        self.url = f"http://127.0.0.1:{self.port}"
        said = {
            "StorageDirectory": str(folder / "store"),
            "IndexDirectory": str(folder / "store"),
            "RemoteAccessAllowed": False,
            "AuthenticationEnabled": False,
            "HttpPort": self.port,
            "DicomServerEnabled": dicom,
            "DicomAet": "ORTHANC",
            "DicomPort": self.dicom_port or 4242,
            "DicomModalities": {"node": ["MVM", "127.0.0.1", node_port, "Generic"]} if node_port else {},
            "DicomScuTimeout": 20,
            "Plugins": [str(PLUGIN)],
            "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
            **settings,
        }
        (folder / "orthanc.json").write_text(json.dumps(said))
        self.process: subprocess.Popen[bytes] | None = None
        self.auth: tuple[str, str] | None = None

    def start(self) -> "Orthanc":
        self.start_without_waiting()
        self.wait_until_ready()
        return self

    def start_without_waiting(self) -> None:
        with (self.folder / "log").open("ab") as log:
            command = [shutil.which("Orthanc", path="/usr/sbin:/usr/bin:/usr/local/bin"), "orthanc.json"]
            self.process = subprocess.Popen(command, cwd=self.folder, stdout=log, stderr=log)

    def wait_until_ready(self) -> None:
        wait_for(self._answers)

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(30)
            self.process = None

    def get(self, path: str) -> Any:
        answer = requests.get(f"{self.url}/{path}", timeout=30, auth=self.auth)
        answer.raise_for_status()
        return answer.json()

    def post(self, path: str, content: Any) -> Any:
        said = content if isinstance(content, bytes) else json.dumps(content).encode()
        answer = requests.post(f"{self.url}/{path}", data=said, timeout=120, auth=self.auth)
        assert answer.ok, answer.text
        return answer.json()

    def upload(self, content: bytes) -> str:
        return self.post("instances", content)["ID"]

    def send_study(self, study: str) -> None:
        """Send a study to the node, as a person would."""
        found = self.post("tools/find", {"Level": "Study", "Query": {"StudyInstanceUID": study}})
        self.post("modalities/node/store", {"Resources": found, "Synchronous": True})

    def results(self, study: str) -> dict[str, pydicom.Dataset]:
        """Objects of this program in a study, by their instance UID."""
        found = {}
        query = {"StudyInstanceUID": study}
        for identity in self.post("tools/find", {"Level": "Instance", "Query": query}):
            tags = self.get(f"instances/{identity}/simplified-tags")
            if tags.get("Manufacturer") == "mvm-core":
                found[tags["SOPInstanceUID"]] = tags
        return found

    def _answers(self) -> bool:
        try:
            return requests.get(f"{self.url}/system", timeout=2, auth=self.auth).status_code in (200, 401)
        except requests.RequestException:
            return False


class NodeProcess:
    """The node as users start it."""

    def __init__(self, config: Path, queue: Path) -> None:
        self.config, self.queue = config, queue
        self.process: subprocess.Popen[str] | None = None

    def start(self, *, wait: bool = True, before: Callable[[], None] | None = None) -> "NodeProcess":
        with (self.config.parent / "node.log").open("a") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "mvm_core", "node", str(self.config)],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True, preexec_fn=before,
            )  # fmt: skip
        if wait:
            self.wait_until_listening()
        return self

    def wait_until_listening(self) -> None:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert "listens on" in line, (self.config.parent / "node.log").read_text()

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def stop(self) -> int:
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        code = self.process.wait(60)
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code

    def record(self, event: str | None = None) -> list[dict[str, Any]]:
        path = self.queue / "record.jsonl"
        lines = [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
        return [line for line in lines if event is None or line["event"] == event]
