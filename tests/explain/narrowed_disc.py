"""Whether the shipped networks go by the disc above the level in question, which the simulator narrows.

Up to version 5 it does so in everybody. Levels in question of healthy people are read as they are simulated,
and with that disc as high as the others, and those that are flagged are counted; run as
`python tests/explain/narrowed_disc.py`.
"""

import sys
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mvm_core.models.disease import DiseaseReader
from mvm_core.radiograph import View
from mvm_core.simulation import PatientRequest, spine
from mvm_core.simulation.patient import draw_patient
from mvm_core.simulation.variants import film_variants

PEOPLE = 20


def flagged() -> int:
    """Of the levels in question of healthy people of site a."""
    reader, found = DiseaseReader.open(), 0
    for index in range(PEOPLE):
        patient = draw_patient(PatientRequest(71, index, "intact"))
        (films,) = film_variants(patient, [patient], tuple(View))
        (told,) = reader.read(films.pair.films, [films.pair.boxes])
        found += told.diseased
    return found


def main() -> None:
    """Read and print."""
    laid = spine._lay

    def with_whole_disc(*given: object) -> object:
        return laid(*given[:-1], 0.0)  # type: ignore[arg-type]

    print(f"as simulated: {flagged()} of {PEOPLE} healthy levels flagged")
    with mock.patch.object(spine, "_lay", with_whole_disc):
        print(f"with a disc as high as the others: {flagged()} of {PEOPLE}")


if __name__ == "__main__":
    main()
