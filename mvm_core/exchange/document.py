"""The reading on one page A4, legible in grey, by typst."""

import io
import json
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import numpy as np
import typst

from mvm_core import __version__
from mvm_core.examination import Examination, LevelReading
from mvm_core.examination_report import answer
from mvm_core.exchange.making import MAKER, Making, weights_named
from mvm_core.exchange.picture import draw_film
from mvm_core.exchange.source import SourceFilm
from mvm_core.exchange.words import asked, person_name, probabilities
from mvm_core.models.reading import Zone
from mvm_core.models.registry import TITLES
from mvm_core.models.wording import probability_text
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine.angles import angles
from mvm_core.spine.measures import measure

_TEMPLATE = Path(__file__).with_name("document.typ")
_TITLE = "Reading of plain spine radiographs by software"
_MARKS = {
    Zone.NOTHING_SEEN: "–",
    Zone.BVF_LIKELY: "BVF",
    Zone.INDETERMINATE: "?",
    Zone.MVM_LIKELY: "MVM",
}
_ZONES = "Zone: – nothing seen, BVF or MVM likely, ? indeterminate. Bold: the level in question."
_KEY = (
    "White frame: the level in question. Lines of equal evidence in logits: whole ones for MVM, broken ones "
    "for BVF. Thin frames: vertebral bodies as found."
)
_FILM_HEIGHTS_MM = (206, 198, 190, 182, 174, 166, 158, 150, 142, 134, 126, 118, 96, 74, 52)
_CUT = "Films are cut at their sides, side markers among them; the whole ones are in the study."
_WHOLE_FROM_MM = 118
"""From this height downwards films are shown whole where their vertebrae find no room."""

_WIDTH_MM, _GAP_MM = 182.0, 4.0
"""Of a page between its margins, and between two films."""

_BESIDE = 1.6
"""Of a body's width, what is shown of a film at least on each side of the vertebrae."""

_MOST_LETTERS = 60
_FIRST_BEYOND = 0x2E80
"""The first letter, of East Asian ones, that the program's own fonts lack."""


def document(found: Examination, sources: Mapping[View, SourceFilm], main: View, making: Making) -> bytes:
    """Set a reading on one page.

    Parameters
    ----------
    found : Examination
    sources : mapping of View to SourceFilm
        Of every film of the examination.
    main : View
        The film whose header names patient and study.
    making : Making

    Returns
    -------
    bytes
        A PDF file of one page A4. The films are as high as there is room, cut at their sides for it, though
        never close to a vertebra. They give way where warnings need their room; warnings that find none all
        the same are counted, and stand in the structured report.
    """
    with tempfile.TemporaryDirectory() as folder:
        for kept in range(len(found.warnings), -1, -1):
            for height in _FILM_HEIGHTS_MM:
                columns = columns_shown(found, height, whole=height <= _WHOLE_FROM_MM)
                if not columns:
                    continue
                films = [_drawn(found, view, shown, Path(folder)) for view, shown in columns.items()]
                content = _content(found, sources[main], making, films, height, kept)
                pdf, pages = _compiled(content, Path(folder), making)
                if pages == 1:
                    return pdf
    raise ValueError("the reading does not fit on one page")


def columns_shown(found: Examination, height_mm: float, *, whole: bool) -> dict[View, tuple[int, int]]:
    """Which columns of each film find room beside each other, in films of a height on paper.

    Parameters
    ----------
    found : Examination
    height_mm : float
    whole : bool
        Whether films whose vertebrae find no room are shown whole all the same, less high then.

    Returns
    -------
    dict of View to tuple of int
        First and last but one column; empty where there is no room.
    """
    films = found.pair.films
    room = _WIDTH_MM - _GAP_MM * (len(films) - 1)
    # in mm on paper
    full = {view: height_mm * film.shape[1] / film.shape[0] for view, film in films.items()}
    spines = {view: _beside_spine(found, view, film) for view, film in films.items()}
    needed = {
        view: (spines[view][1] - spines[view][0]) * height_mm / film.shape[0] for view, film in films.items()
    }
    if sum(needed.values()) > room:
        return {view: (0, film.shape[1]) for view, film in films.items()} if whole else {}
    more = sum(full.values()) - sum(needed.values())
    share = min(1.0, (room - sum(needed.values())) / more) if more > 0 else 1.0
    shown = {}
    for view, film in films.items():
        left, right = spines[view]
        wide = (right - left) + share * (film.shape[1] - (right - left))
        first = min(max(0.0, (left + right - wide) / 2), film.shape[1] - wide)
        shown[view] = (round(first), round(first + wide))
    return shown


def _beside_spine(found: Examination, view: View, film: Radiograph) -> tuple[float, float]:
    """The columns that hold all vertebrae and something beside them; all where none was found."""
    vertebrae = found.spines[view].vertebrae
    if not vertebrae or found.spines[view].turned_degrees:
        return 0.0, float(film.shape[1])
    corners = np.stack([each.corners[:, 0] for each in vertebrae])
    beside = _BESIDE * float(np.median(np.ptp(corners, axis=1)))
    return max(0.0, corners.min() - beside), min(float(film.shape[1]), corners.max() + beside)


def _compiled(content: Mapping[str, Any], folder: Path, making: Making) -> tuple[bytes, int]:
    """The PDF file and its number of pages."""
    inputs = {"data": json.dumps(content)}
    (folder / _TEMPLATE.name).write_bytes(_TEMPLATE.read_bytes())
    # Names in Chinese take a font of the machine; without them the page is the same on each.
    own_fonts = all(ord(letter) < _FIRST_BEYOND for said in content["patient"] for letter in said)
    setter = typst.Compiler(
        str(folder / _TEMPLATE.name), root=str(folder), sys_inputs=inputs, ignore_system_fonts=own_fonts
    )
    (pages,) = json.loads(setter.query("<pages>", field="value"))
    if pages != 1:
        return b"", pages
    pdf: Any = setter.compile(format="pdf", timestamp=making.time.replace(microsecond=0, tzinfo=UTC))
    return pdf, pages


def _drawn(found: Examination, view: View, columns: tuple[int, int], folder: Path) -> dict[str, Any]:
    film = found.pair.films[view]
    drawn = draw_film(found, view, film, columns)
    buffer = io.BytesIO()
    drawn.save(buffer, "JPEG", quality=88)
    (folder / f"{view.value}.jpg").write_bytes(buffer.getvalue())
    scale = f", {film.mm_per_pixel:.3f} mm a pixel" if film.mm_per_pixel is not None else ""
    return {
        "file": f"{view.value}.jpg",
        "width": drawn.width / drawn.height,
        "caption": f"{view.label} film{scale}",
        "cut": columns != (0, film.shape[1]),
    }


def _content(
    found: Examination,
    source: SourceFilm,
    making: Making,
    films: Sequence[Mapping[str, Any]],
    film_height: int,
    warnings: int,
) -> dict[str, Any]:
    level, left_out = asked(found), len(found.warnings) - warnings
    shown = list(found.warnings[:warnings])
    if left_out:
        shown.append(f"{left_out} more in the structured report.")
    return {
        "title": _TITLE,
        "patient": _patient(source),
        "time": f"Read {making.time:%Y-%m-%d %H:%M}",
        "replaces": "Replaces an earlier reading of fewer films." if making.replaces else "",
        "made_by": f"{MAKER} {__version__}",
        "notice": found.notice,
        "answer": answer(found),
        "verdict": _verdict(found, level) if level is not None else "",
        "films": list(films),
        "film_height": film_height,
        "key": f"{_KEY} {_CUT}" if any(film["cut"] for film in films) else _KEY,
        "levels": _levels(found),
        "zones": _ZONES,
        "angles": _angles(found),
        "warnings": shown,
        "warning_size": 8.0,
        "foot": f"Weights (SHA-256): {weights_named(found)}. Not verified by a person.",
    }


def _patient(source: SourceFilm) -> list[str]:
    header = source.header
    said = {
        "": person_name(str(header.PatientName)),
        "ID ": header.PatientID,
        "born ": _dashed(header.PatientBirthDate),
        "study of ": _dashed(header.StudyDate),
        "accession ": header.AccessionNumber,
    }
    return [f"{name}{value}"[:_MOST_LETTERS] for name, value in said.items() if value] or ["patient unknown"]


def _dashed(day: str) -> str:
    """A date of DICOM as people write it."""
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day


def _verdict(found: Examination, level: LevelReading) -> str:
    said = f"{probabilities(level)}; a vertebra counts as diseased from {level.disease_point:.2f}."
    if found.reading is None or level.zone is Zone.NOTHING_SEEN:
        return said
    points = found.reading.leading.points
    return (
        f"{said} By {TITLES[found.reading.leading.name]}: BVF likely below P(MVM) "
        f"{points.high_sensitivity:.2f}, MVM likely from {points.high_specificity:.2f}, "
        "indeterminate between." + (" The level was pointed at by a person." if found.pointed_at else "")
    )


def _levels(found: Examination) -> list[dict[str, Any]]:
    lateral = found.spines.get(View.LATERAL)
    graded = lateral is not None and not lateral.turned_degrees
    grades = {each.level: each.genant for each in measure(lateral)} if lateral is not None and graded else {}
    return [
        {
            "name": level.level or "Box",
            "disease": _short(level.probability_disease),
            "mvm": "" if level.probability_mvm is None else _short(level.probability_mvm),
            "zone": _MARKS[level.zone],
            "genant": "" if grades.get(level.level) is None else str(grades[level.level]),
            "asked": level.level == found.level_in_question,
        }
        for level in found.levels
    ]


def _short(probability: float) -> str:
    return probability_text(probability).replace("under ", "< ").replace("over ", "> ")


def _angles(found: Examination) -> str:
    told = []
    for view, spine in found.spines.items():
        film = found.pair.film(view)
        if film is not None:
            told += [
                f"{each.name} {each.upper} to {each.lower} {each.degrees:.0f}°"
                for each in angles(spine, film.shape[0])
                if each.upper != each.lower
            ]
    return f"Angles: {', '.join(told)}." if told else ""
