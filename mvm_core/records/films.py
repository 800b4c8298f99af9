"""Films kept with their case: lossless pictures, sealed so that the database alone shows none.

AES-256 in Galois counter mode (NIST SP 800-38D) under a key that follows from the site's secret and from the
patient's own key, which goes when the patient is deleted. Nothing of a header is kept; what is burnt into a
film is part of it.
"""

import hashlib
import os
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.database import package_missing
from mvm_core.errors import DatabaseError
from mvm_core.language import gettext
from mvm_core.records.chain import keyed

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_DEPTH = 2**16 - 1
_NONCE_BYTES = 12


def seal_film(pixels: NDArray[np.float32], secret: bytes, patient_key: str, case: str, view: str) -> bytes:
    """Make of a film what the database keeps.

    Parameters
    ----------
    pixels : float32 array, shape (rows, columns)
        Grey values in [0, 1].
    secret : bytes
        The site's.
    patient_key : str
    case, view : str
        To which alone it can be opened again.

    Returns
    -------
    bytes
        A nonce, then the sealed PNG file of 16 bits a pixel.
    """
    grey = np.rint(np.clip(pixels, 0, 1) * np.float32(_DEPTH)).astype(np.uint16)
    _, png = cv2.imencode(".png", grey)
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + _cipher(secret, patient_key).encrypt(nonce, png.tobytes(), _place(case, view))


def open_film(sealed: bytes, secret: bytes, patient_key: str, case: str, view: str) -> NDArray[np.float32]:
    """The film again, within 1 / 131,070 of each grey value.

    Returns
    -------
    float32 array, shape (rows, columns)
        Grey values in [0, 1].

    Raises
    ------
    DatabaseError
        If it was changed, or belongs to another case.
    """
    from cryptography.exceptions import InvalidTag

    try:
        png = _cipher(secret, patient_key).decrypt(
            sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], _place(case, view)
        )
    except (InvalidTag, ValueError):
        raise DatabaseError(
            gettext("The {view} film of case {case}", view=view, case=case),
            gettext("it was changed and cannot be opened"),
            gettext("run `python -m mvm_core records verify`, and restore a backup"),
        ) from None
    grey = np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_UNCHANGED))
    return grey.astype(np.float32) / np.float32(_DEPTH)


def hash_of_film(sealed: bytes) -> str:
    """SHA-256 of a sealed film, by which the trail knows it."""
    return hashlib.sha256(sealed).hexdigest()


def check_cipher() -> None:
    """See whether films can be sealed here.

    Raises
    ------
    DatabaseError
        If the package for it is missing.
    """
    _aesgcm()


def _aesgcm() -> "type[AESGCM]":
    try:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    except ModuleNotFoundError as error:
        raise package_missing(error) from None
    return AESGCM


def _cipher(secret: bytes, patient_key: str) -> "AESGCM":
    return _aesgcm()(bytes.fromhex(keyed(secret, "films", patient_key)))


def _place(case: str, view: str) -> bytes:
    return f"{case} {view}".encode()
