"""The trail: entries that each hold the hash of the one before, under a signed head.

Whoever changes an entry would have to change all after it, and the head, which is signed with the site's
secret (HMAC, RFC 2104, with SHA-256). A head noted elsewhere tells even a database put back to an older
state.
"""

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, text, update

from mvm_core.records.tables import heads, trail

BEGINNING = "0" * 64
"""What the first entry has for the hash of the one before."""

_WORD = "the secret of this record"
_APPENDING = 0x4D564E
"""Key of PostgreSQL's advisory lock under which one writer after the other appends."""


@dataclass(frozen=True)
class Head:
    """The last entry."""

    number: int
    hash: str


def now() -> str:
    """The time in UTC, to the microsecond."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def keyed(secret: bytes, *parts: str) -> str:
    """Keyed hash of some texts, as 64 hexadecimal digits."""
    return hmac.new(secret, _plain(parts), hashlib.sha256).hexdigest()


def hash_of(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry: all its columns but the hash itself."""
    columns = [column.name for column in trail.columns if column.name != "hash"]
    return hashlib.sha256(_plain([entry[name] for name in columns])).hexdigest()


def take_turn(connection: Connection) -> None:
    """Wait until no other writer appends, to the end of the transaction; SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPENDING})


def append(
    connection: Connection,
    secret: bytes,
    action: str,
    who: str,
    *,
    patient: str = "",
    case: str = "",
    digest: str = "",
) -> Head:
    """Add an entry within a transaction, and sign the head anew."""
    take_turn(connection)
    kept = connection.execute(select(heads)).mappings().first()
    entry: dict[str, Any] = {
        "number": kept["number"] + 1 if kept is not None else 1,
        "at": now(),
        "who": who[:128],
        "action": action,
        "patient": patient,
        "case": case,
        "digest": digest,
        "before": kept["hash"] if kept is not None else BEGINNING,
    }
    entry["hash"] = hash_of(entry)
    connection.execute(insert(trail).values(**entry))
    head = Head(entry["number"], entry["hash"])
    signed = {"number": head.number, "hash": head.hash, "signature": signature(secret, head)}
    if kept is None:
        connection.execute(insert(heads).values(id=1, secret=mark_of_secret(secret), **signed))
    else:
        connection.execute(update(heads).values(**signed))
    return head


def has_case(connection: Connection, case: str) -> bool:
    """Whether the trail knows a case, though it may be deleted since."""
    return connection.execute(select(trail.c.number).where(trail.c.case == case).limit(1)).first() is not None


def signature(secret: bytes, head: Head) -> str:
    """What the head is signed with."""
    return keyed(secret, "head", str(head.number), head.hash)


def mark_of_secret(secret: bytes) -> str:
    """What the secret is known again by."""
    return keyed(secret, _WORD)


def faults_of_chain(
    entries: Iterable[Mapping[str, Any]], head: Mapping[str, Any] | None, secret: bytes
) -> list[str]:
    """What does not hold of the trail alone; empty where it is whole. Entries in order of number."""
    faults, before, number = [], BEGINNING, 0
    for entry in entries:
        number += 1
        if entry["number"] != number:
            faults.append(f"entry {number} of the trail is missing")
            number = entry["number"]
        if entry["before"] != before:
            faults.append(f"entry {number} of the trail does not follow the one before")
        if hash_of(entry) != entry["hash"]:
            faults.append(f"entry {number} of the trail was changed")
        before = entry["hash"]
    if head is None:
        return [*faults, "the head of the trail is missing"] if number else faults
    signed = Head(head["number"], head["hash"])
    if not hmac.compare_digest(signature(secret, signed), head["signature"]):
        faults.append("the head of the trail was changed, or signed with another secret")
    elif head["secret"] != mark_of_secret(secret) or head["id"] != 1:
        faults.append("the head of the trail was changed")
    if (number, before) != (signed.number, signed.hash):
        faults.append(f"the trail ends at entry {number}, its signed head is entry {signed.number}")
    return faults


def _plain(parts: Iterable[Any]) -> bytes:
    return json.dumps(list(parts), ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
