"""Reading of films: file -> Radiograph -> FilmPair.

What needs pydicom is loaded when it is first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from mvm_core.imaging.archive import StudyFile, unpack_study
from mvm_core.imaging.concern import Concern
from mvm_core.imaging.film import read_film
from mvm_core.imaging.identity import SameFilmError, check_pair, patients_differ
from mvm_core.imaging.kinds import prepare_to_read
from mvm_core.imaging.limits import MAX_FILE_BYTES, MAX_PIXELS
from mvm_core.imaging.orientation import mirrored, turned
from mvm_core.imaging.quality import check_film
from mvm_core.imaging.region_quality import check_region
from mvm_core.imaging.study import pair_films, read_pair, read_study
from mvm_core.imaging.views import swap, with_view

if TYPE_CHECKING:
    from mvm_core.imaging.header import FilmHeader, header_of, read_header

__all__ = [
    "MAX_FILE_BYTES",
    "MAX_PIXELS",
    "Concern",
    "FilmHeader",
    "SameFilmError",
    "StudyFile",
    "check_film",
    "check_pair",
    "check_region",
    "header_of",
    "mirrored",
    "pair_films",
    "patients_differ",
    "prepare_to_read",
    "read_film",
    "read_header",
    "read_pair",
    "read_study",
    "swap",
    "turned",
    "unpack_study",
    "with_view",
]

_OF_HEADERS = {"FilmHeader", "header_of", "read_header"}

if not TYPE_CHECKING:  # there it would make any name one of the package's

    def __getattr__(name: str) -> Any:
        """What a module with pydicom holds."""
        if name in _OF_HEADERS:
            return getattr(importlib.import_module(f"{__name__}.header"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
