"""What every object names alike: its maker, the weights, their notice; identities and time."""

import hashlib
import itertools
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import highdicom
from pydicom import Dataset
from pydicom.uid import UID, generate_uid

from mvm_core import __version__
from mvm_core.examination import Examination
from mvm_core.exchange.codes import PROCESSING

MAKER = "mvm-core"
MODEL = "MVM or BVF on plain spine radiographs"
SERIES_FROM = 9901
"""Of results: behind the series that modalities number from 1."""

SERIES_BEGIN = "MVM or BVF: "
"""How the descriptions of series of results begin."""

_LONG_STRING = 64
_SHORT_TEXT = 1024


@dataclass(frozen=True)
class Making:
    """When objects are made, and where their identities come from.

    Attributes
    ----------
    time : datetime
        Local, as DICOM writes times without a zone.
    uid : callable
        Gives a new UID at each call.
    replaces : tuple of Dataset
        Reports on fewer films of the same study, in whose place this one comes.
    """

    time: datetime = field(default_factory=datetime.now)
    uid: Callable[[], UID] = field(default=lambda: generate_uid(prefix=None))
    replaces: tuple[Dataset, ...] = ()

    @classmethod
    def keyed(cls, key: str, time: datetime, replaces: tuple[Dataset, ...] = ()) -> "Making":
        """Identities that follow from a key: what is made again of the same reading is the same object.

        UIDs are those of PS3.5 B.2, with the first 128 bits of a SHA-256 in the place of a UUID.
        """
        numbers = itertools.count()

        def uid() -> UID:
            digest = hashlib.sha256(f"{key} {next(numbers)}".encode()).digest()
            return UID(f"2.25.{int.from_bytes(digest[:16], 'big')}")

        return cls(time, uid, replaces)

    @classmethod
    def seeded(cls, seed: int, time: datetime) -> "Making":
        """Identities that come again under the same seed: for tests alone, since none may be shared."""
        numbers = random.Random(seed)
        return cls(time, lambda: UID(f"2.25.{numbers.getrandbits(128)}"))


@dataclass(frozen=True)
class Series:
    """A series of one kind of result in one study."""

    number: int
    uid: UID
    description: str


def weights_named(found: Examination) -> str:
    """The weights by their hashes."""
    return f"readings {found.weights_id}, finder {found.finder_id}, disease network {found.disease_id}"


def told(found: Examination) -> str:
    """Program, version, weights and their notice, in one line no longer than a short text of DICOM."""
    line = f"{MAKER} {__version__}. Weights (SHA-256): {weights_named(found)}. {found.notice}"
    return line[:_SHORT_TEXT]


def equipment(found: Examination) -> dict[str, Any]:
    """Maker, model, version and weights, as highdicom's objects take them."""
    return {
        "manufacturer": MAKER,
        "manufacturer_model_name": MODEL,
        "software_versions": [f"{MAKER} {__version__}", f"weights {found.weights_id}"],
        "device_serial_number": found.weights_id or "none",
    }


def contributing(found: Examination, making: Making) -> list[highdicom.ContributingEquipment]:
    """The same with the notice, where every kind of object has room for it."""
    return [
        highdicom.ContributingEquipment(
            manufacturer=MAKER,
            purpose_of_reference=PROCESSING,
            manufacturer_model_name=MODEL,
            software_versions=f"{MAKER} {__version__}",
            device_serial_number=found.weights_id or "none",
            contribution_datetime=making.time,
            contribution_description=told(found),
        )
    ]


def placed(series: Series, making: Making, number: int) -> dict[str, Any]:
    """Series and instance, as highdicom's objects take them."""
    return {
        "series_instance_uid": series.uid,
        "series_number": series.number,
        "sop_instance_uid": making.uid(),
        "instance_number": number,
        "series_description": series.description[:_LONG_STRING],
        "series_date": making.time.date(),
        "series_time": making.time.time(),
    }


def timed(making: Making) -> dict[str, Any]:
    """When the content was made, for those of highdicom's objects that say so."""
    return {"content_date": making.time.date(), "content_time": making.time.time()}
