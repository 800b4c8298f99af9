"""One TOML file: the node, who may call it, where results go, which DICOMweb servers there are."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from mvm_core.errors import ExchangeError
from mvm_core.exchange.results import KINDS
from mvm_core.exchange.table import Table
from mvm_core.exchange.tls import Tls

NODE_VARIABLE = "MVM_NODE"
"""Names the file for the pages."""

_AE_TITLE = re.compile(r"[\x21-\x5b\x5d-\x7e](?:[\x20-\x5b\x5d-\x7e]{0,14}[\x21-\x5b\x5d-\x7e])?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_URL = re.compile(r"https?://[^/\s@]+(/\S*)?")


@dataclass(frozen=True)
class Caller:
    """An application entity that may call the node.

    Attributes
    ----------
    ae_title : str
    host : str
    port : int or None
        Where it is told that its films are kept; empty and None where it does not ask for that.
    """

    ae_title: str
    host: str = ""
    port: int | None = None


@dataclass(frozen=True)
class WebServer:
    """A DICOMweb server.

    Attributes
    ----------
    name : str
    url : str
        Root of its services, such as ``https://pacs.example/dicom-web``.
    user, password, token : str
        Names of the environment variables that hold them; empty where it asks for none.
    authority : Path or None
        Certificates by which its own is judged; None for those of this machine.
    timeout_s : float
        How long it may take to connect, and to go on answering, in seconds.
    """

    name: str
    url: str
    user: str = ""
    password: str = ""
    token: str = ""
    authority: Path | None = None
    timeout_s: float = 30.0


@dataclass(frozen=True)
class Destination:
    """Where results go: by C-STORE to an application entity, or by STOW-RS to a DICOMweb server.

    Attributes
    ----------
    name : str
    ae_title, host : str
    port : int
    tls : Tls or None
    server : WebServer or None
        In the place of the four before.
    timeout_s : float
        How long it may take to connect and to answer each time, in seconds.
    """

    name: str
    ae_title: str = ""
    host: str = ""
    port: int = 0
    tls: Tls | None = None
    server: WebServer | None = None
    timeout_s: float = 30.0


@dataclass(frozen=True)
class NodeSettings:
    """The node itself.

    Attributes
    ----------
    ae_title : str
        Its own.
    address : str
        Of this machine, on which it listens.
    port : int
    queue : Path
        Folder for films and results until they are sent, and for the record.
    callers : tuple of Caller
    destinations : tuple of Destination
    objects : tuple of str
        Kinds of `mvm_core.exchange.results.KINDS` that are sent.
    quiet_s : float
        A study counts as complete after so many seconds without a new film.
    keep_h : float
        Films and results are kept for so many hours after the last of them was received or sent.
    retry_s : float
        After which a failed sending is tried again, in seconds; doubled each time, at most 64-fold.
    weights : Path or None
        Folder of weights; None for the shipped ones.
    tls : Tls or None
        The node's own certificate, and by which authority callers prove themselves.
    """

    ae_title: str
    address: str
    port: int
    queue: Path
    callers: tuple[Caller, ...]
    destinations: tuple[Destination, ...]
    objects: tuple[str, ...] = KINDS
    quiet_s: float = 30.0
    keep_h: float = 72.0
    retry_s: float = 10.0
    weights: Path | None = None
    tls: Tls | None = None


@dataclass(frozen=True)
class Settings:
    """All that the file says.

    Attributes
    ----------
    node : NodeSettings or None
        None where the file names servers alone, for the page of studies.
    servers : tuple of WebServer
    """

    node: NodeSettings | None
    servers: tuple[WebServer, ...]


def read_settings(path: Path) -> Settings:
    """Read the file; paths in it are relative to its folder.

    Raises
    ------
    ExchangeError
        If it cannot be read, or something in it is missing, unknown or out of range.
    """
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        _refuse(path.name, f"it cannot be opened ({error.strerror})", "check its path")
    except UnicodeDecodeError:
        _refuse(path.name, "it is not written in UTF-8", "save it as UTF-8")
    except tomllib.TOMLDecodeError as error:
        _refuse(path.name, f"it is not TOML ({error})", "correct this line")
    top = Table(said, path, "the file")
    servers = tuple(_server(table) for table in top.tables("server"))
    by_name = _once(path, "server", servers)
    node = _node(top, by_name) if "node" in said else None
    if node is None and (said.keys() & {"caller", "destination"}):
        _refuse(path.name, "it has callers or destinations, and no [node]", "add [node] or take them out")
    if node is None and not servers:
        _refuse(path.name, "it names neither a node nor a server", "add [node] or [[server]]")
    top.no_others()
    return Settings(node, servers)


def _node(top: Table, servers: Mapping[str, WebServer]) -> NodeSettings:
    table = top.table("node")
    callers = tuple(_caller(each) for each in top.tables("caller"))
    destinations = tuple(_destination(each, servers) for each in top.tables("destination"))
    _once(top.file, "destination", destinations)
    if not callers:
        top.refuse("no AE title may call the node", "add a [[caller]] with an ae_title")
    if not destinations:
        top.refuse("results have nowhere to go", "add a [[destination]]")
    objects = tuple(table.texts("objects", KINDS))
    unknown = sorted(set(objects) - set(KINDS))
    if unknown or not objects:
        told = ", ".join(unknown) or "none"
        table.refuse(f"objects names {told}", f"choose from {', '.join(KINDS)}")
    tls = table.table("tls", {})
    settings = NodeSettings(
        ae_title=_ae_title(table),
        address=table.text("address", "127.0.0.1"),
        port=_port(table, 11112),
        queue=table.path("queue"),
        callers=callers,
        destinations=destinations,
        objects=tuple(kind for kind in KINDS if kind in objects),
        quiet_s=table.number("quiet_seconds", 30.0, 0.1, 86400),
        keep_h=table.number("keep_hours", 72.0, 0, 24 * 366),
        retry_s=table.number("retry_seconds", 10.0, 0.1, 3600),
        weights=table.path("weights") if "weights" in table else None,
        tls=Tls.of_server(tls) if "tls" in table else None,
    )
    table.no_others()
    return settings


def _caller(table: Table) -> Caller:
    has_place = "host" in table or "port" in table
    caller = Caller(
        _ae_title(table),
        table.text("host") if has_place else "",
        _port(table) if has_place else None,
    )
    table.no_others()
    return caller


def _destination(table: Table, servers: Mapping[str, WebServer]) -> Destination:
    name = table.text("name")
    if "server" in table:
        server = table.text("server")
        if server not in servers:
            table.refuse(f"there is no server {server}", "name one of the [[server]] entries")
        found = Destination(name, server=servers[server], timeout_s=servers[server].timeout_s)
    else:
        found = Destination(
            name,
            _ae_title(table),
            table.text("host"),
            _port(table),
            Tls.of_client(table.table("tls", {})) if "tls" in table else None,
            timeout_s=table.number("timeout_seconds", 30.0, 0.5, 600),
        )
    table.no_others()
    return found


def _server(table: Table) -> WebServer:
    url = table.text("url").rstrip("/")
    if not _URL.fullmatch(url):
        table.refuse(
            "its url is no address without a password, such as https://pacs.example/dicom-web",
            "correct it; credentials come from the environment",
        )
    named = {each: table.text(each, "") for each in ("user", "password", "token")}
    for each, variable in named.items():
        if variable and not _VARIABLE.fullmatch(variable):
            table.refuse(
                f"{each} is not the name of an environment variable",
                "put the secret into the environment and its variable's name here",
            )
    if bool(named["user"]) != bool(named["password"]) or (named["token"] and named["user"]):
        table.refuse("its credentials are not complete", "give user and password, or token, or none")
    found = WebServer(
        name=table.text("name"),
        url=url,
        **named,
        authority=table.path("authority") if "authority" in table else None,
        timeout_s=table.number("timeout_seconds", 30.0, 0.5, 600),
    )
    table.no_others()
    return found


def _ae_title(table: Table) -> str:
    title = table.text("ae_title")
    if not _AE_TITLE.fullmatch(title):
        table.refuse(f"{title} is no AE title", "give up to 16 letters without a backslash")
    return title


def _port(table: Table, default: int | None = None) -> int:
    return int(table.number("port", default, 1, 65535, whole=True))


def _once(file: Path, kind: str, entries: tuple[Any, ...]) -> dict[str, Any]:
    by_name = {each.name: each for each in entries}
    if len(by_name) < len(entries):
        _refuse(file.name, f"two entries [[{kind}]] have the same name", "give each its own")
    return by_name


def _refuse(subject: str, problem: str, cure: str) -> NoReturn:
    raise ExchangeError(subject, problem, cure)
