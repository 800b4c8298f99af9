"""The node's queue on disk: what was acknowledged is there, whenever the program is killed.

``studies/STUDY/films/INSTANCE.dcm`` are films as received; ``results/KEY/`` holds the objects of one reading
and is renamed into place whole; ``state.json`` says which films were dealt with and what came of it;
``sent.jsonl`` which object reached which destination; ``kept/KEY.json`` what the clinic's record has not
taken yet. Half-written files lie in ``half/`` alone.
"""

import fcntl
import json
import re
import shutil
import threading
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydicom.uid import RE_VALID_UID

from mvm_core.errors import OutputError
from mvm_core.exchange.node.durable import make_folder, sync_folder, write_durably
from mvm_core.exchange.node.ledger import Ledger
from mvm_core.exchange.results import MadeObject

_LONGEST_UID = 64

Signature = tuple[tuple[str, int, int], ...]
"""Of films in a study: instance, bytes and time of each."""


def is_uid(text: str) -> bool:
    """Whether a text is a valid UID, and so safe as a file's name."""
    return len(text) <= _LONGEST_UID and re.fullmatch(RE_VALID_UID, text) is not None


@dataclass(frozen=True)
class Waiting:
    """The objects of one reading on their way.

    Attributes
    ----------
    study, key : str
    destinations : tuple of str
        Names.
    objects : mapping of str to Path
        Files by their instance UID.
    """

    study: str
    key: str
    destinations: tuple[str, ...]
    objects: dict[str, Path]


class Queue:
    """A folder that one node at a time works in.

    Parameters
    ----------
    folder : Path
        Made where it is not there.

    Raises
    ------
    OutputError
        If it cannot be written to, or another node uses it.
    """

    def __init__(self, folder: Path) -> None:
        self._studies, self.half = folder / "studies", folder / "half"
        self.commitments = folder / "commitments"
        self.record = folder / "record.jsonl"
        self._lock = threading.Lock()
        self._arrived: set[tuple[str, str, str]] = set()
        try:
            for each in (self._studies, self.half, self.commitments):
                make_folder(each)
            self._held = (folder / "lock").open("w")
        except OSError as error:
            raise OutputError(
                str(folder),
                f"it cannot be written to ({error.strerror})",
                "give the queue a folder that can be written to and has free space",
            ) from None
        try:
            fcntl.flock(self._held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            self._held.close()
            raise OutputError(
                str(folder), "another node uses this queue", "stop it, or give this one a queue of its own"
            ) from None
        for left in self.half.iterdir():
            shutil.rmtree(left) if left.is_dir() else left.unlink()

    def close(self) -> None:
        """Let another node use the folder."""
        self._held.close()

    def add_film(self, study: str, instance: str, content: bytes) -> None:
        """Keep a film; when this returns it outlasts a kill and a power cut.

        One of the same identity is replaced where its content differs.

        Raises
        ------
        ValueError
            If an identity is not a valid UID.
        OSError
            If the disk is full.
        """
        if not (is_uid(study) and is_uid(instance)):
            raise ValueError("study and film need valid UIDs")
        path = self._films(study) / f"{instance}.dcm"
        with self._lock:
            make_folder(path.parent)
            if not (path.is_file() and path.read_bytes() == content):
                write_durably(path, content, self.half)

    def has_film(self, instance: str) -> bool:
        """Whether a film is kept."""
        return is_uid(instance) and any(self._studies.glob(f"*/films/{instance}.dcm"))

    def studies(self) -> Iterator[str]:
        """All studies of which anything is known."""
        for folder in sorted(self._studies.iterdir()):
            yield folder.name

    def signature(self, study: str) -> Signature:
        """What tells whether a study has changed; empty where no film of it is kept."""
        if not self._films(study).is_dir():
            return ()
        found = [(path, path.stat()) for path in sorted(self._films(study).glob("*.dcm"))]
        return tuple((path.stem, of.st_size, of.st_mtime_ns) for path, of in found)

    def films(self, study: str) -> dict[str, bytes]:
        """The films of a study by instance."""
        return {path.stem: path.read_bytes() for path in sorted(self._films(study).glob("*.dcm"))}

    def state(self, study: str) -> dict[str, Any]:
        """What is known of a study: ``films`` (the signature dealt with) and ``readings``, oldest first."""
        try:
            return json.loads((self._study(study) / "state.json").read_bytes())
        except FileNotFoundError:
            return {"films": [], "readings": []}

    def readings(self, study: str) -> list[dict[str, Any]]:
        """Readings of a study that were sent, or are to be."""
        begun = self._ledger(study).begun()
        return [
            each
            for each in self.state(study)["readings"]
            if each["key"] in begun or (self._results(study) / each["key"]).is_dir()
        ]

    def is_dealt_with(self, study: str) -> bool:
        """Whether the films are those that were dealt with last."""
        signature = self.signature(study)
        return not signature or [list(each) for each in signature] == self.state(study)["films"]

    def settle(self, study: str, signature: Signature, readings: Sequence[dict[str, Any]]) -> None:
        """Note that films were dealt with, and all readings that there are of the study.

        Raises
        ------
        OSError
        """
        content = json.dumps({"films": signature, "readings": list(readings)}).encode()
        write_durably(self._study(study) / "state.json", content, self.half)

    def add_results(
        self, study: str, key: str, objects: Sequence[MadeObject], destinations: Sequence[str]
    ) -> None:
        """Keep all objects of a reading, or none; those that are there stay.

        Raises
        ------
        OSError
        """
        folder = self._results(study) / key
        if folder.is_dir():
            return
        make_folder(folder.parent)
        half = self.half / uuid.uuid4().hex
        try:
            half.mkdir()
            for number, each in enumerate(objects):
                write_durably(half / f"{number}-{each.name}-{each.instance}.dcm", each.content, self.half)
            write_durably(half / "destinations.json", json.dumps(list(destinations)).encode(), self.half)
            half.rename(folder)
        except OSError:
            shutil.rmtree(half, ignore_errors=True)
            raise
        sync_folder(folder.parent)

    def add_to_keep(self, study: str, key: str, content: bytes) -> None:
        """Let a reading wait for the clinic's record.

        Raises
        ------
        OSError
        """
        make_folder(self._kept(study))
        write_durably(self._kept(study) / f"{key}.json", content, self.half)

    def to_keep(self) -> Iterator[tuple[str, str, bytes]]:
        """Readings that wait for the clinic's record and are not taken back any more: study, key, content."""
        for study in self.studies():
            for path in sorted(self._kept(study).glob("*.json")):
                if self._ledger(study).has_begun(path.stem):
                    yield study, path.stem, path.read_bytes()

    def note_kept(self, study: str, key: str) -> None:
        """Let a reading wait no more."""
        (self._kept(study) / f"{key}.json").unlink(missing_ok=True)

    def withdraw(self, study: str, key: str) -> bool:
        """Take back a reading of which nothing was sent; False where something was, or it is on its way."""
        with self._lock:
            if self._ledger(study).has_begun(key):
                return False
            shutil.rmtree(self._results(study) / key, ignore_errors=True)
            self.note_kept(study, key)
            return True

    def waiting(self, destination: str) -> Iterator[Waiting]:
        """Readings with objects that a destination has not got."""
        for study in self.studies():
            if not self._results(study).is_dir():
                continue
            folders = sorted(self._results(study).iterdir())
            folders = [each for each in folders if (study, each.name, destination) not in self._arrived]
            sent = self.sent(study, destination) if folders else set()
            for folder in folders:
                try:
                    destinations = tuple(json.loads((folder / "destinations.json").read_bytes()))
                    files = sorted(folder.glob("*.dcm"), key=lambda path: int(path.name.split("-")[0]))
                except FileNotFoundError:
                    continue  # withdrawn in the meantime
                objects = {path.stem.rsplit("-", 1)[1]: path for path in files}
                left = {uid: path for uid, path in objects.items() if uid not in sent}
                if destination in destinations and left:
                    yield Waiting(study, folder.name, destinations, left)
                else:
                    self._arrived.add((study, folder.name, destination))

    def begin(self, waiting: Waiting, destination: str) -> bool:
        """Note that a reading is on its way, so that it is not taken back; False where it has been.

        Raises
        ------
        OSError
        """
        with self._lock:
            if not (self._results(waiting.study) / waiting.key).is_dir():
                return False
            self._ledger(waiting.study).note_begun(waiting.key, destination)
            return True

    def note_sent(self, study: str, key: str, destination: str, instance: str) -> None:
        """Note that a destination has an object.

        Raises
        ------
        OSError
        """
        with self._lock:
            self._ledger(study).note_sent(key, destination, instance)

    def sent(self, study: str, destination: str) -> set[str]:
        """Objects of a study that a destination has."""
        return self._ledger(study).sent(destination)

    def forget(self, before: float, destinations: Sequence[str]) -> list[str]:
        """Delete films and results of studies in which nothing happened since a time and nothing waits.

        What was read and sent stays noted, so that a study which comes again is not answered twice.
        """
        busy = {each.study for name in destinations for each in self.waiting(name)}
        forgotten = []
        for study in self.studies():
            folders = [self._films(study), self._results(study)]
            held = [path for folder in folders if folder.is_dir() for path in (folder, *folder.rglob("*"))]
            touched = [*held, *self._study(study).glob("*.json*")]
            waits = study in busy or any(self._kept(study).glob("*.json"))
            if not held or waits or not self.is_dealt_with(study):
                continue
            with self._lock:
                if max(path.stat().st_mtime for path in touched) < before:
                    for folder in folders:
                        shutil.rmtree(folder, ignore_errors=True)
                    forgotten.append(study)
        return forgotten

    def _study(self, study: str) -> Path:
        return self._studies / study

    def _films(self, study: str) -> Path:
        return self._study(study) / "films"

    def _results(self, study: str) -> Path:
        return self._study(study) / "results"

    def _kept(self, study: str) -> Path:
        return self._study(study) / "kept"

    def _ledger(self, study: str) -> Ledger:
        return Ledger(self._study(study) / "sent.jsonl")
