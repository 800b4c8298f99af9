"""Results on their way to one destination, by C-STORE or STOW-RS."""

import io
import socket
import ssl
from collections.abc import Callable, Mapping

import pydicom
from pydicom.uid import (
    ComprehensiveSRStorage,
    EncapsulatedPDFStorage,
    ExplicitVRLittleEndian,
    GrayscaleSoftcopyPresentationStateStorage,
    ImplicitVRLittleEndian,
    SecondaryCaptureImageStorage,
)
from pynetdicom import AE

from mvm_core.errors import ExchangeError
from mvm_core.exchange.settings import Destination
from mvm_core.exchange.web import Archive

_CLASSES = (
    ComprehensiveSRStorage,
    GrayscaleSoftcopyPresentationStateStorage,
    SecondaryCaptureImageStorage,
    EncapsulatedPDFStorage,
)
_DUPLICATE = 0x0111
_WARNINGS = range(0xB000, 0xC000)


def send(
    destination: Destination, ae_title: str, objects: Mapping[str, bytes], sent: Callable[[str], None]
) -> dict[str, int]:
    """Send objects to a destination.

    Parameters
    ----------
    destination : Destination
    ae_title : str
        Of the node.
    objects : mapping of str to bytes
        DICOM files by their instance UID.
    sent : callable
        Called with each instance as soon as the destination has it.

    Returns
    -------
    dict of str to int
        Of each instance that was refused, the status or reason as DICOM numbers it.

    Raises
    ------
    ExchangeError
        If the destination cannot be reached, or breaks off; what it had before that was noted.
    """
    if destination.server is None:
        return _c_store(destination, ae_title, objects, sent)
    refused = Archive(destination.server).store(list(objects.values()))
    for instance in objects:
        if instance not in refused:
            sent(instance)
    return dict(refused)


def _c_store(
    destination: Destination, ae_title: str, objects: Mapping[str, bytes], sent: Callable[[str], None]
) -> dict[str, int]:
    entity = AE(ae_title)
    timeout = destination.timeout_s
    entity.connection_timeout = entity.acse_timeout = timeout
    entity.dimse_timeout = entity.network_timeout = timeout
    for kind in _CLASSES:
        entity.add_requested_context(kind, [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
    tls = (destination.tls.client_context(), destination.host) if destination.tls is not None else None
    association = entity.associate(
        destination.host, destination.port, ae_title=destination.ae_title, tls_args=tls
    )
    if not association.is_established:
        raise ExchangeError(destination.name, *_obstacle(destination, ae_title, association.is_rejected))
    refused = {}
    try:
        for instance, content in objects.items():
            try:
                status = association.send_c_store(pydicom.dcmread(io.BytesIO(content)))
            except ValueError:
                refused[instance] = 0x0122  # no presentation context: it takes no objects of this class
                continue
            except RuntimeError:
                status = None
            if status is None or "Status" not in status:
                raise ExchangeError(
                    destination.name,
                    f"it broke off, or did not answer within {timeout:g} s",
                    "check the network; what is missing is sent again",
                )
            if status.Status in (0, _DUPLICATE) or status.Status in _WARNINGS:
                sent(instance)
            else:
                refused[instance] = int(status.Status)
    finally:
        if association.is_established:
            association.release()
    return refused


def _obstacle(destination: Destination, ae_title: str, rejected: bool) -> tuple[str, str]:
    """Why a destination cannot be reached, and the cure."""
    if rejected:
        return (
            f"it refuses the association of {ae_title} with {destination.ae_title}",
            f"enter {ae_title} among the AE titles that it knows, and check its own",
        )
    where = destination.host, destination.port
    try:
        with socket.create_connection(where, destination.timeout_s) as plain:
            if destination.tls is not None:
                context = destination.tls.client_context()
                context.wrap_socket(plain, server_hostname=destination.host).close()
    except ssl.SSLCertVerificationError as error:
        return (
            f"its certificate is not accepted ({error.verify_message})",
            "have it renewed, or name its authority in the configuration",
        )
    except ssl.SSLError as error:
        return (
            f"the encrypted connection failed ({error.reason})",
            "check whether it wants TLS, and which certificates",
        )
    except TimeoutError:
        return (
            f"it did not answer within {destination.timeout_s:g} s",
            "check the network, or give it a longer timeout_seconds",
        )
    except OSError as error:
        return f"it cannot be reached ({error.strerror})", "check host and port and whether it runs"
    return "it does not answer as a DICOM node", "check its port, and whether it wants TLS"
