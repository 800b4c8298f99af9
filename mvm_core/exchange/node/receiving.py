"""The DICOM services of the node: C-ECHO, C-STORE, and requests for storage commitment."""

import io
import logging
import struct
from collections.abc import Callable
from typing import cast

import pydicom
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.uid import (
    JPEG2000,
    ComputedRadiographyImageStorage,
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.sop_class import StorageCommitmentPushModel, Verification  # type: ignore[attr-defined]
from pynetdicom.transport import ThreadedAssociationServer

from mvm_core.errors import ExchangeError
from mvm_core.exchange.node.commitment import accept_request
from mvm_core.exchange.node.queue import Queue, is_uid
from mvm_core.exchange.node.record import Record
from mvm_core.exchange.settings import NodeSettings
from mvm_core.imaging import MAX_FILE_BYTES

FILMS = (
    ComputedRadiographyImageStorage,
    DigitalXRayImageStorageForPresentation,
    SecondaryCaptureImageStorage,
)
"""What the node takes; anything else is not negotiated, so that its sender knows."""

SYNTAXES = (
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    JPEG2000Lossless,
    JPEG2000,
    JPEGBaseline8Bit,
    RLELossless,
)

_SUCCESS, _OUT_OF_RESOURCES, _NO_MATCH = 0x0000, 0xA700, 0xA900
_MOST_ASSOCIATIONS = 20
_UNREADABLE = (
    AttributeError,
    BytesLengthException,
    InvalidDicomError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)


def listen(
    settings: NodeSettings, queue: Queue, record: Record, asked: Callable[[], None]
) -> ThreadedAssociationServer:
    """Start to receive, in threads of their own.

    Parameters
    ----------
    settings : NodeSettings
    queue : Queue
    record : Record
    asked : callable
        Called when something is there to be done.

    Raises
    ------
    ExchangeError
        If the port is taken, or is not allowed.
    """
    # It writes names of patients where it logs what it receives.
    logging.getLogger("pynetdicom").setLevel(logging.CRITICAL)
    entity = AE(settings.ae_title)
    entity.require_called_aet = True
    entity.require_calling_aet = [caller.ae_title for caller in settings.callers]
    entity.maximum_associations = _MOST_ASSOCIATIONS
    entity.add_supported_context(Verification)
    entity.add_supported_context(StorageCommitmentPushModel)
    for kind in FILMS:
        entity.add_supported_context(kind, list(SYNTAXES))

    def store(event: evt.Event) -> int:
        status = _store(event, queue, record)
        asked()
        return status

    def act(event: evt.Event) -> tuple[int, None]:
        status = accept_request(event, settings, queue, record)
        asked()
        return status, None

    def unheard(why: str, cure: str) -> None:
        record.write("refused", why=why, cure=cure)

    handlers = [
        (evt.EVT_C_ECHO, lambda event: _SUCCESS),
        (evt.EVT_C_STORE, store),
        (evt.EVT_N_ACTION, act),
        (evt.EVT_REJECTED, lambda event: _note_rejected(event, record)),
    ]
    try:
        server = entity.start_server(
            (settings.address, settings.port),
            block=False,
            ssl_context=settings.tls.server_context(unheard) if settings.tls is not None else None,
            evt_handlers=handlers,  # type: ignore[arg-type]
        )
    except OSError as error:
        raise ExchangeError(
            f"{settings.address}:{settings.port}",
            f"the node cannot listen there ({error.strerror})",
            "choose another address or port, or stop the program that uses it",
        ) from None
    if server is None:
        raise ExchangeError(settings.ae_title, "the node did not start", "start it again")
    return server


def _store(event: evt.Event, queue: Queue, record: Record) -> int:
    """Keep a film; only then say so."""
    request = cast(C_STORE, event.request)
    instance, caller = str(request.AffectedSOPInstanceUID), event.assoc.requestor.ae_title
    content = event.encoded_dataset()
    try:
        header = pydicom.dcmread(io.BytesIO(content), specific_tags=["StudyInstanceUID", "SOPInstanceUID"])
        study, own = str(header.get("StudyInstanceUID", "")), str(header.get("SOPInstanceUID", ""))
    except _UNREADABLE:
        study = own = ""
    if own != instance or not is_uid(study) or not is_uid(instance):
        told = "its header has no valid UIDs of film and study, or not those that it was sent under"
        record.write(
            "refused", instance=instance, caller=caller, why=told, cure="send it again from its source"
        )
        return _NO_MATCH
    if len(content) > MAX_FILE_BYTES:
        told = f"it has more than the {MAX_FILE_BYTES >> 20} MB allowed"
        record.write(
            "refused", study=study, instance=instance, caller=caller, why=told, cure="send the film alone"
        )
        return _NO_MATCH
    try:
        queue.add_film(study, instance, content)
    except OSError as error:
        told = f"the queue cannot be written to ({error.strerror})"
        cure = "free space or give it another folder, and let the film be sent again"
        record.write("refused", study=study, instance=instance, caller=caller, why=told, cure=cure)
        return _OUT_OF_RESOURCES
    record.write("received", study=study, instance=instance, caller=caller)
    return _SUCCESS


def _note_rejected(event: evt.Event, record: Record) -> None:
    caller = event.assoc.requestor.ae_title
    record.write(
        "refused",
        caller=caller,
        why="its AE title may not call the node, or it called the node by another AE title",
        cure="add a [[caller]] to the configuration, or correct the AE titles there",
    )
