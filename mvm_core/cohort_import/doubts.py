"""What is doubtful of a row, told in another language than the one it was noted in."""

import re
from functools import cache, partial

from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import View

DOUBTS = (
    gettext_noop("no film is of the row's date; the nearest is {days} days off"),
    gettext_noop("no film is of the row's date"),
    gettext_noop("the study with this accession number is of another patient"),
    gettext_noop("the films write this patient in another way: is it the same one?"),
    gettext_noop("the films write this accession number in another way: is it the same one?"),
    gettext_noop("other rows write this patient in another way: is it the same one?"),
    gettext_noop("no study of this patient or number is there"),
    gettext_noop("no film of a spine is in the study"),
    gettext_noop("the films that were chosen are not there any more"),
    gettext_noop("{count} films fit; tell the date or the accession number"),
    gettext_noop("{count} studies fit; tell the date or the accession number"),
    gettext_noop("{count} films of one view are in the study"),
    gettext_noop("{level} is not found on the {view} film"),
    gettext_noop("the {view} film may be numbered otherwise ({level} with {probability:.2f})"),
    gettext_noop("the {view} film lies turned"),
    gettext_noop("the {view} film is named otherwise"),
    gettext_noop("there is one film alone"),
    gettext_noop("there may be text in the image that was not made out"),
)
"""In English; one that another begins with stands behind it."""

_VALUES = {
    "days": r"\d+",
    "count": r"\d+",
    "level": r"[TLS]\d+",
    "view": "AP|lateral",
    "probability": r"\d\.\d+",
}
_VIEWS = {"AP": View.AP, "lateral": View.LATERAL}


def in_language(noted: str) -> str:
    """Doubts as the table of an import holds them, in the language in use; what is not known stays as it is.

    Parameters
    ----------
    noted : str
        One or several, in English.
    """
    for english in DOUBTS:
        noted = _pattern(english).sub(partial(_told, english), noted)
    return noted


def _told(english: str, found: re.Match[str]) -> str:
    values = found.groupdict()
    if "view" in values:
        values["view"] = _VIEWS[values["view"]].label
    # numbers come as they were written, so their form in the text is of no use
    return re.sub(r"\{(\w+)(?::[^}]*)?\}", lambda place: values[place[1]], gettext(english))


@cache
def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)(?::[^}]*)?\}", english)
    return re.compile(
        "".join(
            re.escape(part) if at % 2 == 0 else f"(?P<{part}>{_VALUES[part]})"
            for at, part in enumerate(parts)
        )
    )
