"""Telling AP from lateral: by tags where there are any, else by words in descriptions and names."""

import dataclasses
import re
from collections.abc import Iterable

from mvm_core.language import gettext_noop
from mvm_core.radiograph import FilmPair, Radiograph, View

PLEASE_CONFIRM = gettext_noop("; please confirm.")
"""How the remark on an assumed view ends."""

# LLD and RLD (decubitus) are left out: they name how the patient lies, not where the beam goes.
_POSITIONS = {
    "AP": View.AP,
    "PA": View.AP,
    "LL": View.LATERAL,
    "RL": View.LATERAL,
    "LAT": View.LATERAL,
    "LATERAL": View.LATERAL,
}
# DICOM CID 4010 (DX View), as SNOMED CT and as SRT.
_CODES = {
    **dict.fromkeys(("399348003", "R-10206", "272479007", "R-40888", "399033003", "R-10202"), View.AP),
    **dict.fromkeys(("399067008", "R-102CD", "399173006", "R-10236", "399198007", "R-10232"), View.LATERAL),
}
_AP_WORDS = {"ap", "pa", "a.p", "p.a", "frontal", "front", "face", "anteroposterior", "posteroanterior"}
_AP_WORDS |= {"coronal"}
_LATERAL_WORDS = {"lat", "lateral", "laterale", "lateralis", "latl", "ll", "rl", "seitlich", "seit", "profil"}
_LATERAL_WORDS |= {"profile", "sagittal"}
_OBLIQUE_WORDS = {"oblique", "obl", "obliques"}
_CHINESE = {View.AP: ("正位", "正面"), View.LATERAL: ("側位", "侧位", "側面", "侧面")}


def view_from_position(position: str) -> View | None:
    """The view that a ViewPosition names, None where it is empty or unknown."""
    return _POSITIONS.get(position.strip().upper())


def view_from_code(value: str, meaning: str) -> View | None:
    """The view that a coded concept names, by its code, else by its meaning."""
    return _CODES.get(value.strip()) or view_from_words(meaning)


def view_from_orientation(orientation: str) -> View | None:
    """The view that a PatientOrientation shows.

    Rows and columns that run left-right and head-foot make an AP film, front-back and head-foot a lateral.
    """
    directions = {word[0] for word in orientation.upper().split()}
    if len(directions) != 2 or not directions & {"H", "F"}:
        return None
    if directions & {"L", "R"}:
        return View.AP
    return View.LATERAL if directions & {"A", "P"} else None


def view_from_words(text: str) -> View | None:
    """The view that a text names; None where it names none or both.

    ``Thoracolumbar spine AP`` and ``lspine_lat_2`` are told; ``AP and lateral`` and ``AP oblique`` are not.
    """
    words = _words(text)
    if words & _OBLIQUE_WORDS:
        return None
    ap = bool(words & _AP_WORDS) or any(sign in text for sign in _CHINESE[View.AP])
    lateral = bool(words & _LATERAL_WORDS) or any(sign in text for sign in _CHINESE[View.LATERAL])
    if ap == lateral:
        return None
    return View.AP if ap else View.LATERAL


def names_oblique(text: str) -> bool:
    """Whether a text names an oblique film; not where it lists AP and lateral films beside it."""
    words = _words(text)
    return bool(words & _OBLIQUE_WORDS) and not (words & _AP_WORDS and words & _LATERAL_WORDS)


def _words(text: str) -> set[str]:
    spaced = re.sub(r"[_\-\d]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)).lower()
    spaced = re.sub(r"\b(antero|postero) (anterior|posterior)\b", r"\1\2", spaced)
    # A film of lateral bending is taken from the front.
    spaced = spaced.replace("lateral bending", "ap")
    return {word.strip(".") for word in re.split(r"[^a-z.]+", spaced)}


def view_from_name(name: str) -> tuple[View | None, str]:
    """The view that a file's name tells, else its folder's, and where it came from."""
    *folders, file = re.split(r"[/\\]", name)
    folder = folders[-1] if folders else ""
    return first_known(
        [
            (view_from_words(file.rsplit(".", 1)[0]), gettext_noop("file name")),
            (view_from_words(folder), gettext_noop("folder name")),
        ]
    )


def first_known(candidates: Iterable[tuple[View | None, str]]) -> tuple[View | None, str]:
    """The first view that is known, with its source."""
    return next(((view, source) for view, source in candidates if view is not None), (None, "unknown"))


def with_view(film: Radiograph, view: View, source: str = "given") -> Radiograph:
    """The same film with its view set; a view that was assumed is thereby confirmed or corrected.

    A film that already has this view from its own tags or name keeps that source.
    """
    assumed = film.view_source == "assumed"
    if film.view is view and source == "given" and not assumed:
        return film
    warnings = film.warnings
    if assumed:
        warnings = tuple(warning for warning in warnings if not warning.endswith(PLEASE_CONFIRM))
    return dataclasses.replace(film, view=view, view_source=source, warnings=warnings)


def swap(pair: FilmPair) -> FilmPair:
    """Let the films change places; each box goes with its film."""
    return FilmPair(
        ap=with_view(pair.lateral, View.AP) if pair.lateral is not None else None,
        lateral=with_view(pair.ap, View.LATERAL) if pair.ap is not None else None,
        ap_box=pair.lateral_box,
        lateral_box=pair.ap_box,
    )
