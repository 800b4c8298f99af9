"""What is known of the cases of an archive, set beside what is read on them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from mvm_core.cluster.pairing import Together
from mvm_core.cohort import PREDICTION_COLUMNS, load_table
from mvm_core.cohort.questions import ASKED
from mvm_core.errors import TableError

CASE, LABEL = "case_id", "label"
_SPLIT = "external"
_READ = ("model", "probability", "logit")
_SHOWN = 5


def with_labels(cases: Sequence[Together], table: Path) -> list[Together]:
    """Set each row of a table beside the case that it names by its study, or by the path of one of its films.

    Parameters
    ----------
    cases : sequence of Together
    table : Path
        CSV, Excel or Parquet, with ``case_id`` and ``label``, and other columns of a predictions table.

    Raises
    ------
    TableError
        If it is no such table, a label is none that can be asked for, or a row names no case of the archive.
    """
    frame, subject = load_table(table)
    missing = [name for name in (CASE, LABEL) if name not in frame.columns]
    if missing:
        raise TableError(subject, [f"column {name}: missing" for name in missing], "add it")
    known = {label for question in ASKED.values() for label in question.labels}
    labels = zip(frame.index, frame[LABEL], strict=True)
    wrong = [f"row {row}, column {LABEL}: {label!r}" for row, label in labels if label not in known]
    if wrong:
        raise TableError(subject, wrong[:_SHOWN], f"write one of {', '.join(sorted(known))}")
    places = {name: place for place, case in enumerate(cases) for name in _names(case)}
    described: dict[int, Mapping[str, str]] = {}
    lost = []
    for row, said in zip(frame.index, frame.to_dict("records"), strict=True):
        place = places.get(said[CASE])
        if place is None:
            lost.append(f"row {row}, column {CASE}: no case of the archive is {said[CASE]!r}")
        else:
            described[place] = {str(name): str(value) for name, value in said.items()}
    if lost:
        raise TableError(subject, lost[:_SHOWN], "name cases by their study or the path of a film")
    return [
        replace(case, described=_described(case, described[place])) if place in described else case
        for place, case in enumerate(cases)
    ]


def _names(case: Together) -> tuple[str, ...]:
    films = case.films.values()
    return (*(film.place.named for film in films), *(film.header.study for film in films), case.case_id)


def _described(case: Together, said: Mapping[str, str]) -> dict[str, str]:
    columns = [name for name in PREDICTION_COLUMNS if name not in _READ]
    return {
        **{name: str(said.get(name, "")) for name in columns},
        CASE: case.case_id,
        "split": str(said.get("split", "")) or _SPLIT,
    }
