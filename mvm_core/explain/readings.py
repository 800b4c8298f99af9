"""What all readings, and the network for disease, say of one film pair."""

from dataclasses import dataclass
from pathlib import Path

from mvm_core.models.disease import DiseaseReader
from mvm_core.models.disease_result import DiseaseResult
from mvm_core.models.reader import Reader, logits_of
from mvm_core.models.reading import Zone
from mvm_core.models.registry import NETWORKS, READING_NAMES
from mvm_core.radiograph import FilmPair, View

DISEASE = "disease"
"""Stands beside the readings' names for the network that asks whether anything is wrong."""

ALL_NAMES = (*READING_NAMES, DISEASE)


@dataclass(frozen=True)
class Answer:
    """Of one reading: its logit, and whether it flags the vertebra.

    A reading flags from its high-specificity point on, as *MVM likely*; the network for disease where the
    vertebra counts as diseased.
    """

    logit: float
    flagged: bool


def views_of(folder: Path) -> tuple[View, ...]:
    """The views that some network of a weights folder looks at."""
    networks = Reader.open(folder).weights.networks
    return tuple(view for view in View if any(view in NETWORKS[name].views for name in networks))


def answers(pair: FilmPair, folder: Path) -> dict[str, Answer]:
    """Read a pair of films, marked with boxes, in every way that a weights folder allows."""
    reading = Reader.open(folder).read(pair)
    logits = logits_of(reading)
    found = {
        name: Answer(logits[name], result.zone is Zone.MVM_LIKELY) for name, result in reading.results.items()
    }
    disease = _disease(pair, folder)
    if disease is not None:
        found[DISEASE] = Answer(disease.logit, disease.diseased)
    return found


def _disease(pair: FilmPair, folder: Path) -> DiseaseResult | None:
    reader = DiseaseReader.open(folder)
    if reader.weights.folder != folder.resolve():
        # The shipped one is read where the folder holds none: another release's answer.
        return None
    return reader.read(pair.films, [pair.boxes])[0]
