"""A browser without a screen: a session of the app over its websocket, as Streamlit's page speaks it."""

import ssl
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect


class NotLetInError(Exception):
    """The app did not open a websocket."""


@dataclass
class Shown:
    """What the page shows.

    Attributes
    ----------
    texts : list of str
        Every piece of text, HTML and alert, in the order of its arrival.
    toasts : list of str
    downloads : dict of str to str
        Address by label.
    drop_zones : list of str
        Identifiers, the first first.
    uploaders : list of FileUploader
    """

    texts: list[str] = field(default_factory=list)
    toasts: list[str] = field(default_factory=list)
    downloads: dict[str, str] = field(default_factory=dict)
    drop_zones: list[str] = field(default_factory=list)
    finished: bool = False

    def says(self, text: str) -> bool:
        return any(text in each for each in self.texts)


class Session:
    """One user's session.

    Parameters
    ----------
    address : str
        Of the app, with its scheme.
    cookies : dict
        Of a login.
    authority : str, optional
        File with the certificate to trust.
    """

    def __init__(
        self, address: str, cookies: dict[str, str] | None = None, authority: str | None = None
    ) -> None:
        self.address = address
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = authority or True
        self.http.cookies.update(cookies or {})
        self.http.get(f"{address}/_stcore/host-config", timeout=60)
        page = self.http.get(f"{address}/_stcore/health", timeout=60)
        page.raise_for_status()
        self._xsrf = self.http.cookies.get("_streamlit_xsrf", "")
        self.shown = Shown()
        self._session_id = ""
        self._socket = self._connect(authority)

    def _connect(self, authority: str | None) -> ClientConnection:
        parts = urlsplit(self.address)
        secure = parts.scheme == "https"
        cookies = "; ".join(f"{name}={value}" for name, value in self.http.cookies.items())
        try:
            return connect(
                f"{'wss' if secure else 'ws'}://{parts.netloc}/_stcore/stream",
                subprotocols=["streamlit", self._xsrf or "none"],
                additional_headers={"Cookie": cookies} if cookies else None,
                origin=self.address,
                ssl=ssl.create_default_context(cafile=authority) if secure else None,
                max_size=None,
                open_timeout=120,
                ping_timeout=None,
                proxy=None,
                legacy=True,
            )
        except (OSError, WebSocketException) as error:
            raise NotLetInError(str(error)) from error

    def open(self, page: str = "", timeout: float = 120) -> Shown:
        """Open a page and wait until it stands."""
        message = BackMsg()
        message.rerun_script.page_name = page
        return self._run(message, timeout)

    def upload(self, files: Sequence[tuple[str, bytes]], timeout: float = 120) -> Shown:
        """Drop files and wait until the page stands again."""
        self.drop(files)
        return self.wait(timeout)

    def drop(self, files: Sequence[tuple[str, bytes]]) -> None:
        """Drop files into the first drop zone, and wait for nothing."""
        zone = self.shown.drop_zones[0]
        asking = BackMsg()
        asking.file_urls_request.request_id = "films"
        asking.file_urls_request.session_id = self._session_id
        asking.file_urls_request.file_names.extend(name for name, _ in files)
        self._socket.send(asking.SerializeToString())
        addresses = None
        while addresses is None:
            said = self._receive(60)
            if said.WhichOneof("type") == "file_urls_response":
                addresses = said.file_urls_response.file_urls
        state = FileUploaderState()
        for (name, content), urls in zip(files, addresses, strict=True):
            answer = self.put(urls.upload_url, name, content)
            answer.raise_for_status()
            state.uploaded_file_info.append(
                UploadedFileInfo(name=name, size=len(content), file_id=urls.file_id, file_urls=urls)
            )
        message = BackMsg()
        message.rerun_script.widget_states.widgets.append(
            WidgetState(id=zone, file_uploader_state_value=state)
        )
        self._send(message)

    def put(self, path: str, name: str, content: bytes) -> requests.Response:
        """Put one file where the app wants it."""
        return self.http.put(
            f"{self.address}{path}",
            files={"file": (name, content, "application/octet-stream")},
            headers={"X-Xsrftoken": self._xsrf},
            timeout=120,
        )

    def upload_path(self, file_id: str = "1") -> str:
        return f"/_stcore/upload_file/{self._session_id}/{file_id}"

    def download(self, label: str) -> bytes:
        """What the button with a label gives."""
        answer = self.http.get(self.address + self.shown.downloads[label], timeout=60)
        answer.raise_for_status()
        return answer.content

    def close(self) -> None:
        """Leave, as one who closes the browser."""
        self._socket.close()

    def _run(self, message: BackMsg, timeout: float) -> Shown:
        self._send(message)
        return self.wait(timeout)

    def _send(self, message: BackMsg) -> None:
        self.shown = Shown()
        self._socket.send(message.SerializeToString())

    def wait(self, timeout: float) -> Shown:
        """Take in what comes until a run of the page is complete; reruns that it asks for itself included."""
        latest = time.monotonic() + timeout
        while True:
            said = self._receive(latest - time.monotonic())
            kind = said.WhichOneof("type")
            if kind == "script_finished" and said.script_finished == ForwardMsg.FINISHED_SUCCESSFULLY:
                self.shown.finished = True
                return self.shown

    def _receive(self, timeout: float) -> ForwardMsg:
        content = self._socket.recv(timeout=max(0.01, timeout))
        message = ForwardMsg()
        message.ParseFromString(content)
        kind = message.WhichOneof("type")
        if kind == "new_session":
            self._session_id = message.new_session.initialize.session_id
            # a new run of the page: what stood there goes
            self.shown = Shown(toasts=self.shown.toasts)
        elif kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            self._take(message.delta.new_element)
        return message

    def _take(self, element) -> None:  # type: ignore[no-untyped-def]
        kind = element.WhichOneof("type")
        if kind in ("markdown", "html", "alert", "heading"):
            self.shown.texts.append(getattr(element, kind).body)
        elif kind == "toast":
            self.shown.toasts.append(element.toast.body)
        elif kind == "file_uploader":
            self.shown.drop_zones.append(element.file_uploader.id)
        elif kind == "download_button":
            self.shown.downloads[element.download_button.label] = element.download_button.url
