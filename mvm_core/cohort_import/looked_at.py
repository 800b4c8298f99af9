"""What a person says of doubtful rows on the page that shows them; the command's next run takes it up."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from mvm_core.cohort_import.settled import (
    DROP,
    TABLE,
    TAKE,
    Doubtful,
    box_as_text,
    read_doubtful,
    write_doubtful,
)
from mvm_core.cohort_import.taking import WORK
from mvm_core.deidentification.table import alone_in
from mvm_core.errors import TableError
from mvm_core.language import gettext
from mvm_core.radiograph import Box, View

Chosen = Mapping[View, tuple[str, Box]]
"""What stands for the film of a view, and the box on it in pixels."""


def is_imported(folder: Path) -> bool:
    """Whether `import-cohort` has written a folder."""
    return (folder / WORK).is_dir()


def accept(folder: Path, case_id: str, chosen: Chosen) -> Doubtful:
    """Let the next run take a row with these films and boxes.

    Raises
    ------
    TableError
        If no box is chosen, or the row is not in the table any more.
    DeidentificationError
        If a run is at work in the folder.
    OutputError
        If the table cannot be written.
    """
    if not chosen:
        raise TableError(
            TABLE, [gettext("no box is on any film")], gettext("choose a vertebra, or refuse the row")
        )
    boxes = {view: box for view, (_, box) in chosen.items()}
    films = {view: film for view, (film, _) in chosen.items()}
    return _settle(
        folder,
        case_id,
        settled=TAKE,
        ap_box=box_as_text(boxes.get(View.AP)),
        lateral_box=box_as_text(boxes.get(View.LATERAL)),
        ap_film=films.get(View.AP, ""),
        lateral_film=films.get(View.LATERAL, ""),
    )


def refuse(folder: Path, case_id: str) -> Doubtful:
    """Leave a row out of the cohort.

    Raises
    ------
    TableError
        If the row is not in the table any more.
    DeidentificationError
        If a run is at work in the folder.
    OutputError
        If the table cannot be written.
    """
    return _settle(folder, case_id, settled=DROP)


def open_again(folder: Path, case_id: str) -> Doubtful:
    """Take back what was said of a row.

    Raises
    ------
    TableError
        If the row is not in the table any more.
    DeidentificationError
        If a run is at work in the folder.
    OutputError
        If the table cannot be written.
    """
    return _settle(folder, case_id, settled="")


def _settle(folder: Path, case_id: str, **said: str) -> Doubtful:
    with alone_in(folder, WORK):
        rows = list(read_doubtful(folder))
        for at, row in enumerate(rows):
            if row.case_id == case_id:
                rows[at] = replace(row, **said)  # type: ignore[arg-type]
                write_doubtful(folder, rows)
                return rows[at]
    raise TableError(
        TABLE, [gettext("case {case} is not in it any more", case=case_id)], gettext("read the page again")
    )
