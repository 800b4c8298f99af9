"""FilmPair -> Examination: the spine found, every level read, the level in question read in full."""

from mvm_core.examination.data import Examination, LevelReading
from mvm_core.examination.examiner import Examiner
from mvm_core.examination.places import READ_LEVELS, places_of

__all__ = ["READ_LEVELS", "Examination", "Examiner", "LevelReading", "places_of"]
