"""Storage commitment: who asks whether its films are kept is told, over a connection of its own."""

import json
import time
from dataclasses import dataclass
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import AE, build_role, evt
from pynetdicom.sop_class import (  # type: ignore[attr-defined]
    StorageCommitmentPushModel,
    StorageCommitmentPushModelInstance,
)

from mvm_core.exchange.node.durable import write_durably
from mvm_core.exchange.node.queue import Queue, is_uid
from mvm_core.exchange.node.record import Record
from mvm_core.exchange.settings import NodeSettings

GIVE_UP_AFTER_S = 24 * 3600.0

_SUCCESS, _FAILURE, _MISSING_ATTRIBUTE, _NO_SUCH_ACTION = 0x0000, 0x0110, 0x0120, 0x0123
_ALL_KEPT, _SOME_NOT = 1, 2
_NO_SUCH_INSTANCE = 0x0112


@dataclass(frozen=True)
class Request:
    """A question that was taken and not answered yet."""

    path: Path
    caller: str
    transaction: str
    films: tuple[tuple[str, str], ...]

    @property
    def given_up(self) -> bool:
        """Whether nobody could be told for a day."""
        return time.time() - self.path.stat().st_mtime > GIVE_UP_AFTER_S


def accept_request(event: evt.Event, settings: NodeSettings, queue: Queue, record: Record) -> int:
    """Take a question to disk, so that it is answered after a kill too; return the status of DICOM."""
    if event.action_type != 1:
        return _NO_SUCH_ACTION
    title = event.assoc.requestor.ae_title
    asked = event.action_information
    transaction = str(asked.get("TransactionUID", ""))
    films = [
        (str(item.get("ReferencedSOPClassUID", "")), str(item.get("ReferencedSOPInstanceUID", "")))
        for item in asked.get("ReferencedSOPSequence", [])
    ]
    if not is_uid(transaction) or not films:
        return _MISSING_ATTRIBUTE
    caller = next((each for each in settings.callers if each.ae_title == title), None)
    if caller is None or caller.port is None:
        record.write(
            "commitment-refused",
            caller=title,
            why="it asks whether its films are kept, and where to answer is not known",
            cure="give its [[caller]] host and port",
        )
        return _FAILURE
    content = json.dumps({"caller": title, "transaction": transaction, "films": films}).encode()
    try:
        write_durably(queue.commitments / f"{transaction}.json", content, queue.half)
    except OSError as error:
        record.write(
            "commitment-refused", caller=title, why=f"the queue cannot be written to ({error.strerror})",
            cure="free space, and let it ask again",
        )  # fmt: skip
        return _FAILURE
    return _SUCCESS


def open_requests(queue: Queue) -> list[Request]:
    """Questions that were not answered yet, oldest first."""
    found = []
    for path in sorted(queue.commitments.glob("*.json"), key=lambda path: path.stat().st_mtime):
        said = json.loads(path.read_bytes())
        films = tuple((str(kind), str(uid)) for kind, uid in said["films"])
        found.append(Request(path, said["caller"], said["transaction"], films))
    return found


def answer(request: Request, settings: NodeSettings, queue: Queue, record: Record) -> bool:
    """Tell who asked which of its films are kept; False where it cannot be reached."""
    caller = next((each for each in settings.callers if each.ae_title == request.caller), None)
    if caller is None or caller.port is None or request.given_up:
        record.write("commitment-given-up", caller=request.caller, transaction=request.transaction)
        request.path.unlink(missing_ok=True)
        return True
    kept = [film for film in request.films if queue.has_film(film[1])]
    lost = [film for film in request.films if film not in kept]
    entity = AE(settings.ae_title)
    entity.add_requested_context(StorageCommitmentPushModel)
    entity.connection_timeout = entity.acse_timeout = entity.dimse_timeout = entity.network_timeout = 30
    tls = settings.tls
    association = entity.associate(
        caller.host,
        caller.port,
        ae_title=caller.ae_title,
        ext_neg=[build_role(StorageCommitmentPushModel, scp_role=True)],
        tls_args=(tls.client_context(), caller.host) if tls is not None else None,
    )
    if not association.is_established:
        return False
    try:
        if not association.accepted_contexts:
            return False
        status, _ = association.send_n_event_report(
            _told(request, kept, lost),
            _SOME_NOT if lost else _ALL_KEPT,
            StorageCommitmentPushModel,
            StorageCommitmentPushModelInstance,
        )
    except (RuntimeError, ValueError):
        return False  # the connection broke, or the other side takes no such report
    finally:
        association.release()
    if status.get("Status") != _SUCCESS:
        return False
    record.write(
        "commitment-answered",
        caller=request.caller,
        transaction=request.transaction,
        kept=len(kept),
        missing=len(lost),
    )
    request.path.unlink(missing_ok=True)
    return True


def _told(request: Request, kept: list[tuple[str, str]], lost: list[tuple[str, str]]) -> Dataset:
    said = Dataset()
    said.TransactionUID = request.transaction
    if kept:
        said.ReferencedSOPSequence = [_item(film) for film in kept]
    if lost:
        said.FailedSOPSequence = [_item(film, _NO_SUCH_INSTANCE) for film in lost]
    return said


def _item(film: tuple[str, str], reason: int | None = None) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID, item.ReferencedSOPInstanceUID = film
    if reason is not None:
        item.FailureReason = reason
    return item
