"""Films that say themselves that they are none of what was learnt from: of the neck, or oblique."""

import re
from dataclasses import dataclass

from mvm_core.imaging.views import names_oblique
from mvm_core.radiograph import CERVICAL, OBLIQUE

_PARTS = {"CSPINE", "CERVICAL", "CERVICALSPINE", "NECK", "HWS"}
# DICOM CID 4031 (common anatomic regions): cervical spine and neck, as SNOMED CT and as SRT.
_CODES = {"122494005", "T-11501", "45048000", "T-16000"}
_POSITIONS = {"RLO", "LLO", "RAO", "LAO", "RPO", "LPO"}
_WORDS = ("cervical", "cspine", "c-spine", "c spine", "hws", "halswirbel", "頸椎", "颈椎")
_LOWER = ("thora", "dorsal", "lumb", "bws", "lws", "whole", "total", "full", "胸椎", "腰椎", "全脊椎")


@dataclass(frozen=True)
class Stated:
    """What a header states of one film; empty where it says nothing.

    Attributes
    ----------
    position, view : str
        ``ViewPosition``, and the meaning of the view's code.
    part, region : str
        ``BodyPartExamined``, and the code of the anatomic region.
    texts : tuple of str
        Descriptions of the series; one of the whole study does not count, as it speaks of all its films.
    """

    position: str = ""
    view: str = ""
    part: str = ""
    region: str = ""
    texts: tuple[str, ...] = ()


def unsuited_by_header(stated: Stated, name: str) -> str:
    """`CERVICAL` or `OBLIQUE` where a header says so, else a file's name; empty where neither does."""
    if stated.position.upper() in _POSITIONS or any(map(names_oblique, (stated.view, *stated.texts))):
        return OBLIQUE
    part = re.sub(r"[^A-Z]", "", stated.part.upper())
    if part in _PARTS or stated.region in _CODES or any(map(_names_the_neck, stated.texts)):
        return CERVICAL
    return "" if part else unsuited_by_name(name)


def unsuited_by_name(name: str) -> str:
    """`CERVICAL` or `OBLIQUE` where a file's name says so; empty where it does not."""
    file = re.split(r"[/\\]", name)[-1].rsplit(".", 1)[0].replace("_", " ")
    if names_oblique(file):
        return OBLIQUE
    return CERVICAL if _names_the_neck(file) else ""


def _names_the_neck(said: str) -> bool:
    lowered = said.lower()
    return any(word in lowered for word in _WORDS) and not any(word in lowered for word in _LOWER)
