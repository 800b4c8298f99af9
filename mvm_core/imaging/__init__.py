"""Reading of films: file -> Radiograph -> FilmPair."""

from mvm_core.imaging.archive import StudyFile, unpack_study
from mvm_core.imaging.concern import Concern
from mvm_core.imaging.film import prepare_to_read, read_film
from mvm_core.imaging.header import FilmHeader, header_of, read_header
from mvm_core.imaging.identity import SameFilmError, check_pair, patients_differ
from mvm_core.imaging.limits import MAX_FILE_BYTES, MAX_PIXELS
from mvm_core.imaging.orientation import mirrored, turned
from mvm_core.imaging.quality import check_film
from mvm_core.imaging.region_quality import check_region
from mvm_core.imaging.study import pair_films, read_pair, read_study, swap
from mvm_core.imaging.views import with_view

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
