"""What a header says of the patient, kept as a keyed hash alone.

Two films can be compared by it, and nothing can be read from it. The key lives as long as the program runs;
with the secret of a site (MVM_DATABASE_SECRET) it is the site's, so that its record knows a patient again.
"""

import hashlib
import os
import secrets
from collections.abc import Mapping

from pydicom import Dataset

from mvm_core.database import SECRET_VARIABLE
from mvm_core.imaging.attributes import text
from mvm_core.imaging.identity import PATIENT, STUDY

_KEY_OF_THIS_RUN = secrets.token_bytes(32)
"""Made with the module: made when first asked for, two films read at once would get a key each."""


def marks_of(data: Dataset) -> Mapping[str, bytes]:
    """Keyed hashes of what a header says of patient and study, by attribute, where it says something."""
    said = {keyword: text(data, keyword) for keyword in (*PATIENT, *STUDY)}
    return {keyword: mark_of(keyword, value) for keyword, value in said.items() if _plain(keyword, value)}


def mark_of(keyword: str, value: str) -> bytes:
    """Keyed hash of what an attribute says, 16 bytes (BLAKE2b)."""
    plain = _plain(keyword, value).encode("utf-8", "replace")
    return hashlib.blake2b(plain, key=_key(), digest_size=16).digest()


def _key() -> bytes:
    secret = os.environ.get(SECRET_VARIABLE, "")
    return hashlib.sha256(b"marks of films" + secret.encode()).digest() if secret else _KEY_OF_THIS_RUN


def _plain(keyword: str, value: str) -> str:
    """A value without what writers differ in: capitals, blanks, the parts of a name in other scripts."""
    if keyword == "PatientName":
        value = value.split("=")[0].replace("^", " ").replace(",", " ")
    return " ".join(value.casefold().replace("\0", " ").split())
