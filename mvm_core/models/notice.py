"""The notice shown with every result: what the weights learnt from, whose cases they are calibrated on."""

from collections.abc import Mapping
from typing import Any

from mvm_core.language import gettext, gettext_noop

_ANEW = {
    False: gettext_noop("Calibrated anew on {count} cases of the user's own."),
    True: gettext_noop("Calibrated anew on {count} simulated cases."),
}
"""By whether those cases are simulated."""

_BEFORE = " Calibrated anew on"
"""Begins what earlier versions wrote behind the notice of a manifest."""


def of_training(manifest: Mapping[str, Any]) -> str:
    """The notice of the networks alone, without what earlier versions wrote behind it."""
    return str(manifest["notice"]).split(_BEFORE)[0]


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
    return f"{told} {_ANEW[bool(fitted['simulated'])].format(count=count)}"


def notice_in_words(notice: str) -> str:
    """A notice, of `notice_of` or kept with a record, in the language in use."""
    for anew in _ANEW.values():
        head, tail = anew.split("{count}")
        told, _, fitted = notice.partition(f" {head}")
        count = fitted.removesuffix(tail)
        if count != fitted and count.isdecimal():
            return f"{gettext(told)} {gettext(anew, count=count)}"
    return gettext(notice)
