"""Reading of films: file -> Radiograph -> FilmPair."""

from mvm_core.imaging.film import MAX_FILE_BYTES, read_film
from mvm_core.imaging.quality import check_film
from mvm_core.imaging.study import StudyFile, pair_films, read_study, swap, unpack_study
from mvm_core.imaging.views import with_view

__all__ = [
    "MAX_FILE_BYTES",
    "StudyFile",
    "check_film",
    "pair_films",
    "read_film",
    "read_study",
    "swap",
    "unpack_study",
    "with_view",
]
