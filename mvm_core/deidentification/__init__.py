"""Films made fit to leave: headers by an allow-list, burnt-in text painted over, doubtful films held back."""

from mvm_core.deidentification.burnt_in import BurntInText, TextFinder
from mvm_core.deidentification.film import Deidentified, deidentify_film
from mvm_core.deidentification.folder import deidentify_folder
from mvm_core.deidentification.key import Key, read_key
from mvm_core.deidentification.table import Outcome

__all__ = [
    "BurntInText",
    "Deidentified",
    "Key",
    "Outcome",
    "TextFinder",
    "deidentify_film",
    "deidentify_folder",
    "read_key",
]
