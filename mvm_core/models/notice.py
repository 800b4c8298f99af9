"""The notice shown with every result: what the weights learnt from, whose cases they are calibrated on."""

from collections.abc import Mapping
from typing import Any

from mvm_core.language import gettext, ngettext

_HEAD, _TAIL = " Calibrated anew on ", " cases of the user's own."


def of_training(manifest: Mapping[str, Any]) -> str:
    """The notice of the networks alone, without what earlier versions wrote behind it."""
    return str(manifest["notice"]).split(_HEAD)[0]


def notice_of(manifest: Mapping[str, Any]) -> str:
    """The notice of a weights folder, in English.

    Calibrating anew on simulated cases adds nothing where such were learnt from; the card tells of it.

    Parameters
    ----------
    manifest : mapping
        With ``notice``, ``trained_on`` and, of weights that `recalibrate` wrote, ``calibrated_on``.
    """
    told, fitted = of_training(manifest), manifest.get("calibrated_on", {})
    if not fitted or (manifest["trained_on"]["simulated"] and fitted["simulated"]):
        return told
    count = sum(int(cases) for cases in fitted["patients"].values())
    return f"{told}{_HEAD}{count}{_TAIL}"


def notice_in_words(notice: str) -> str:
    """A notice, of `notice_of` or kept with a record, in the language in use."""
    told, between, fitted = notice.partition(_HEAD)
    count = fitted.removesuffix(_TAIL)
    if not between or not count.isdecimal():
        return gettext(notice)
    anew = ngettext(
        "Calibrated anew on {count} case of the user's own.",
        "Calibrated anew on {count} cases of the user's own.",
        int(count),
    )
    return f"{gettext(told)} {anew}"
