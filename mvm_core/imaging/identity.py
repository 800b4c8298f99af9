"""Whether two films are of one patient and one examination, and hang where their headers say."""

from collections.abc import Sequence

import numpy as np

from mvm_core.errors import StudyError
from mvm_core.imaging.bands import bands
from mvm_core.imaging.concern import Concern
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import FilmPair, Radiograph

PATIENT = {
    "PatientID": gettext_noop("patient ID"),
    "PatientName": gettext_noop("patient name"),
    "PatientBirthDate": gettext_noop("birth date"),
    "PatientSex": gettext_noop("sex"),
}
STUDY = {"StudyInstanceUID": gettext_noop("study"), "StudyDate": gettext_noop("study date")}
_SAME_FOR_BOTH = (
    (gettext_noop("two patients"), gettext_noop("patients"), PATIENT),
    (gettext_noop("two studies"), gettext_noop("studies"), STUDY),
)
_SAME = 0.5 / 255
"""Films that differ nowhere by more are the same film, in whatever format."""


class SameFilmError(StudyError):
    """One film given as both views."""


def patients_differ(films: Sequence[Radiograph]) -> tuple[str, ...]:
    """In which attributes of the patient the headers of films differ; empty where they may be of one."""
    return tuple(
        gettext(label)
        for keyword, label in PATIENT.items()
        if len({film.marks[keyword] for film in films if keyword in film.marks}) > 1
    )


def check_pair(pair: FilmPair) -> tuple[Concern, ...]:
    """Compare what the headers of two films say of patient, study and view.

    Returns
    -------
    tuple of Concern
        ``two patients``, ``two studies``, ``view``; each names the attributes that differ, not their content.

    Raises
    ------
    SameFilmError
        If both are the same film.
    """
    found = []
    if pair.ap is not None and pair.lateral is not None:
        refuse_same_film(pair.ap, pair.lateral)
        both = gettext("{ap} and {lateral}", ap=pair.ap.name, lateral=pair.lateral.name)
        for name, of, attributes in _SAME_FOR_BOTH:
            differing = [
                label
                for keyword, label in attributes.items()
                if {keyword} <= pair.ap.marks.keys() & pair.lateral.marks.keys()
                and pair.ap.marks[keyword] != pair.lateral.marks[keyword]
            ]
            if differing:
                told = gettext(
                    "their headers differ in {differing}, so they may be films of two {of}",
                    differing=_listed(differing),
                    of=gettext(of),
                )
                found.append(
                    Concern(
                        name,
                        both,
                        told,
                        len(differing),
                        "attributes that differ",
                        True,
                    )
                )
    for view in pair.views:
        film = pair.film(view)
        if film is not None and film.stated_view is not None and film.stated_view is not view:
            told = gettext(
                "it is taken for the {view} film, its own header says {other}",
                view=view.label,
                other=film.stated_view.label,
            )
            found.append(Concern(gettext_noop("view"), film.name, told, confirm=True))
    return tuple(found)


def refuse_same_film(first: Radiograph, second: Radiograph) -> None:
    """Refuse two films of the same pixels.

    Raises
    ------
    SameFilmError
    """
    if first.shape != second.shape:
        return
    one, other = first.pixels.reshape(-1), second.pixels.reshape(-1)
    if all(float(np.abs(one[band] - other[band]).max()) <= _SAME for band in bands(one.size)):
        raise SameFilmError(
            gettext("{ap} and {lateral}", ap=first.name, lateral=second.name),
            gettext("they are the same film, given as both views"),
            gettext("give the AP and the lateral film, or one of them alone"),
        )


def _listed(words: list[str]) -> str:
    told = [gettext(word) for word in words]
    if len(told) > 1:
        told = [gettext(", ").join(told[:-1]), told[-1]]
    return gettext(" and ").join(told)
