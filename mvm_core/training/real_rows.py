"""Vertebrae of real AP films as cases, to scale by the vertebral ruler."""

from pathlib import Path

from mvm_core.cohort.manifest import INTACT
from mvm_core.cohort.marked_films import MarkedFilm, part_of, read_marked, to_learn
from mvm_core.cohort.vertebrae import LEARNT_LEVELS, VertebraCase, box_around
from mvm_core.errors import TrainingError
from mvm_core.radiograph import View
from mvm_core.spine import Vertebra
from mvm_core.spine.ruler import measure

SITE = "real"
PARTS = ("train", "tune")


def real_rows(folder: Path | None) -> tuple[VertebraCase, ...]:
    """Vertebrae of marked real AP films without known disease, of the parts learnt from and chosen on.

    Lateral films, the AP films kept for judging and those marked at their discs take no part.

    Raises
    ------
    TableError
        If a table of the folder is unfit.
    TrainingError
        If no film of the training part is there.
    """
    if folder is None:
        return ()
    marked = read_marked(folder)
    found = [row for part in PARTS for film in to_learn(marked, part) for row in _rows(film, part)]
    if not any(row.split == "train" for row in found):
        raise TrainingError(
            f"--real {folder}", "it holds no AP film of the training part", "name another folder, or none"
        )
    return tuple(found)


def rows_of_part(folder: Path, part: str) -> tuple[VertebraCase, ...]:
    """Vertebrae of the marked real AP films of one part; those of ``test`` are for judging alone.

    Raises
    ------
    TableError
        If a table of the folder is unfit.
    """
    marked = [film for film in read_marked(folder) if film.view is View.AP]
    return tuple(row for film in part_of(marked, part) for row in _rows(film, part))


def _rows(film: MarkedFilm, part: str) -> list[VertebraCase]:
    vertebrae = tuple(
        Vertebra(level, 1.0, 1.0, corners) for level, corners in zip(film.levels, film.corners, strict=True)
    )
    scale = measure(vertebrae, film.view)
    if scale is None:
        return []
    rows = []
    for vertebra in vertebrae:
        if vertebra.level not in LEARNT_LEVELS:
            continue
        upper_left, upper_right, lower_right, lower_left = ((float(x), float(y)) for x, y in vertebra.corners)
        corners = (upper_left, upper_right, lower_right, lower_left)
        rows.append(
            VertebraCase(
                case_id=film.path.name,
                site=SITE,
                split=part,
                label=INTACT,
                sign="",
                level=vertebra.level,
                age=None,
                sex="",
                reference_standard="",
                ap=film.path,
                lateral=None,
                ap_box=box_around(corners),
                corners=corners,
                mm_per_pixel=scale.mm_per_pixel,
            )
        )
    return rows
