"""A disease, drawn: every finding at the frequency that `frequencies` gives for its group."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from mvm_core.language import gettext
from mvm_core.simulation.case_mix import CASE_MIXES, USUAL_MIX, CaseMix
from mvm_core.simulation.drawn_parts import focus_behind, focus_in_body, fracture_spurs, mass_beside, rim_mm
from mvm_core.simulation.frequencies import (
    KIND_SHARES,
    KINDS,
    LOSS,
    TILT_DEGREES,
    drawn,
)
from mvm_core.simulation.pathology import (
    GENANT_LOSS,
    INTACT,
    OCCULT_AMOUNT,
    OCCULT_DIFFUSE,
    SHAPES,
    Collapse,
    Disease,
    Focus,
    LevelDisease,
    Pedicle,
)
from mvm_core.simulation.settings import KINDS_BY_LABEL, PatientRequest
from mvm_core.simulation.vertebra import Vertebra

_MOST_LOST = 0.70
_FOCUS_RADIUS_MM = {1: (6.0, 8.5), 2: (8.5, 12.0), 3: (11.0, 15.0)}
_AMOUNT = {1: (0.6, 0.9), 2: (0.8, 1.0), 3: (0.9, 1.0)}
_BODY_FOCUS = 0.905
"""Of those that are not diffuse; where nothing else is left the body has one too: in all as published."""


def draw_disease(
    request: PatientRequest,
    label: str,
    vertebrae: Sequence[Vertebra],
    row: int,
    draw: np.random.Generator,
    sex: str = "F",
) -> Disease:
    """Draw a disease of the vertebra in question, and of others.

    Parameters
    ----------
    label : {'mvm', 'bvf', 'intact'}
    row : int
        Index of the vertebra in question.
    sex : {'F', 'M'}
        Tells which tumours the patient can have.
    """
    if label == "intact":
        return INTACT
    mix = CASE_MIXES[request.site]
    asked = request.kind if request.kind in KINDS_BY_LABEL[label] else None
    if label == "bvf":
        level = draw_fracture(draw, kind=asked, severity=request.severity, mix=mix)
        level = _with_rare(level, vertebrae[row], draw)
        kind = level.collapse.shape if level.collapse is not None else "occult"
        severity = level.collapse.genant if level.collapse is not None else 0
        others = _further_fractures(drawn("further-fracture", "bvf"), vertebrae, row, draw, mix)
        levels = _levels(row, level, others, mix)
        return Disease(label, kind, severity, _places(level, vertebrae[row]), levels)
    primaries = mix.primaries[sex]
    primary = str(draw.choice(list(primaries), p=list(primaries.values())))
    kind = str(draw.choice(KINDS_BY_LABEL["mvm"], p=KINDS[primary]))
    kind = asked or kind
    level, severity = draw_metastasis(kind, vertebrae[row], draw, severity=request.severity, mix=mix)
    others = _further_fractures(drawn("further-fracture", "mvm"), vertebrae, row, draw, mix)
    others |= _further_metastases(kind, primary, vertebrae, row, draw, mix)
    levels = _levels(row, level, others, mix)
    return Disease(label, kind, severity, _places(level, vertebrae[row]), levels, primary)


def draw_fracture(
    draw: np.random.Generator,
    *,
    kind: str | None = None,
    severity: int | None = None,
    mix: CaseMix = USUAL_MIX,
) -> LevelDisease:
    """Draw a benign fracture; asked for what it would have been anyway, it is the same one.

    Parameters
    ----------
    kind : str or None
        One of `SHAPES`, or ``occult``: without any loss of height.
    severity : {0, 1, 2, 3} or None
        Genant grade.
    mix : CaseMix
    """
    acute = bool(draw.random() < mix.acute_share)
    occult = bool(draw.random() >= drawn("collapse", "bvf", "acute")) and acute
    if kind is not None or severity:
        occult = kind == "occult"
    collapse, tilt = _draw_collapse("bvf", acute, draw, None if occult else kind, severity)
    collapsed = not occult
    rim = "acute" if acute else "old"
    band = drawn("band", "bvf", "collapsed")
    # Nearly all acute ones have a band, and so many of the old ones that the share of all is as drawn.
    acute_collapsed = mix.acute_share * drawn("collapse", "bvf", "acute")
    old_share = (1 - mix.acute_share) / (acute_collapsed + 1 - mix.acute_share)
    old_band = (band - 0.95 * (1 - old_share)) / old_share
    return LevelDisease(
        label="bvf",
        acute=acute,
        collapse=collapse if collapsed else None,
        tilt=tilt if collapsed else 0.0,
        band=bool(draw.random() < (0.95 if acute else old_band)),
        cleft=_happens("cleft", "bvf", "collapsed", draw) and collapsed,
        haematoma=rim_mm("bvf", draw) if _happens("haematoma", "bvf", rim, draw) else 0.0,
        epidural=_happens("epidural", "bvf", "all", draw),
        bulge=draw.uniform(1.5, 5.0) * (_happens("bulge", "bvf", "collapsed", draw) and collapsed),
        fragment=draw.uniform(2.0, 5.0) * (_happens("fragment", "bvf", "collapsed", draw) and collapsed),
        spurs=fracture_spurs(draw) if not acute and _happens("fracture-spur", "bvf", "old", draw) else (),
        ragged=int(draw.integers(2**31)),
    )


def _with_rare(level: LevelDisease, vertebra: Vertebra, draw: np.random.Generator) -> LevelDisease:
    """What makes a benign fracture look like a metastasis, rarely."""
    signs = ("complete", "partial", "hidden", "infiltrated")
    chances = [drawn(f"pedicle-{sign}", "bvf") for sign in signs]
    sign = str(draw.choice((*signs, ""), p=(*chances, 1 - sum(chances))))
    pedicle = Pedicle(sign, bool(draw.random() < 0.5)) if sign else None
    foci: tuple[Focus, ...] = ()
    kind, collapsed = "", level.collapse is not None
    if draw.random() < drawn("lytic", "bvf", "collapsed") and collapsed:
        # Some are half healed.
        kind = "mixed" if draw.random() < 0.25 else "lytic"
        foci = (focus_in_body(vertebra, draw.uniform(4.0, 9.0), draw),)
    elif draw.random() < drawn("blastic", "bvf") / (1 - drawn("lytic", "bvf", "collapsed")):
        kind, foci = "blastic", (focus_in_body(vertebra, draw.uniform(2.5, 7.0), draw),)
    if draw.random() < drawn("posterior-elements", "bvf", "collapsed") and collapsed:
        kind, foci = kind or "lytic", (*foci, focus_behind(vertebra, draw.uniform(4.0, 7.0), draw))
    return replace(
        level,
        pedicle=pedicle,
        foci=foci,
        kind=kind,
        amount=draw.uniform(0.6, 1.0) if foci else 0.0,
        mass=mass_beside(vertebra, 1, draw)
        if draw.random() < drawn("mass", "bvf", "collapsed") and collapsed
        else None,
        diffuse=draw.uniform(0.1, 0.35) * (1 if draw.random() < 0.5 else -1)
        if _happens("diffuse", "bvf", "all", draw)
        else 0.0,
    )


def draw_metastasis(
    kind: str,
    vertebra: Vertebra,
    draw: np.random.Generator,
    *,
    severity: int | None = None,
    mix: CaseMix = USUAL_MIX,
) -> tuple[LevelDisease, int]:
    """Draw a metastasis; asked for the severity that it would have had anyway, it is the same one.

    Returns
    -------
    level : LevelDisease
    severity : int
        1 to 3; 0 where it is occult.
    """
    pedicle = _draw_pedicle(kind, draw)
    silent = pedicle is None or pedicle.sign == "infiltrated"
    occult = bool(draw.random() < drawn("occult", "mvm", "no pedicle sign")) and silent
    if severity is not None:
        occult = severity == 0
    if occult and not silent:
        pedicle = None
    size = int(draw.choice((1, 2, 3), p=mix.severities))
    size = severity or size
    signs = sum(drawn(f"pedicle-{sign}", "mvm") for sign in ("complete", "partial", "hidden"))
    seen = 1 - (1 - signs) * drawn("occult", "mvm", "no pedicle sign")
    collapsed = bool(draw.random() < drawn("collapse", "mvm") / seen) and not occult
    among = "collapsed" if collapsed else "not collapsed"
    collapse, tilt = _draw_collapse("mvm", False, draw, None, None)
    spread = 1 if draw.random() < drawn("diffuse", "mvm") else 0
    foci = []
    if spread or draw.random() < _BODY_FOCUS or pedicle is None:
        foci = [
            focus_in_body(vertebra, draw.uniform(*_FOCUS_RADIUS_MM[size]) * draw.uniform(0.75, 1.15), draw)
            for _ in range(int(draw.integers(1, 3)))
        ]
    if _happens("posterior-elements", "mvm", among, draw):
        foci.append(focus_behind(vertebra, draw.uniform(*_FOCUS_RADIUS_MM[size]), draw))
    diffuse = draw.uniform(0.25, 0.75) * spread * {"lytic": -1, "blastic": 1}.get(kind, 1)
    amount = draw.uniform(*_AMOUNT[size])
    if occult:
        # Dense bone weighs three times what spongy bone can lose.
        weight = 1.0 if kind == "lytic" else 0.3
        amount = draw.uniform(0.02, OCCULT_AMOUNT) * weight
        diffuse = np.sign(diffuse) * draw.uniform(0.01, OCCULT_DIFFUSE) * weight
    mass = draw.random() < drawn("mass", "mvm", among) / (1 if collapsed else _not_occult(seen))
    level = LevelDisease(
        label="mvm",
        collapse=collapse if collapsed else None,
        tilt=tilt if collapsed else 0.0,
        band=_happens("band", "mvm", "collapsed", draw) and collapsed,
        cleft=bool(draw.random() < drawn("cleft", "mvm") / drawn("collapse", "mvm")) and collapsed,
        foci=tuple(foci),
        pedicle=pedicle,
        diffuse=float(diffuse),
        kind=kind,
        amount=amount,
        ragged=int(draw.integers(2**31)),
        mass=mass_beside(vertebra, size, draw) if mass and not occult else None,
        haematoma=rim_mm("mvm", draw)
        if _happens("haematoma", "mvm", "collapsed", draw) and collapsed
        else 0.0,
        epidural=_happens("epidural", "mvm", among, draw),
        bulge=draw.uniform(1.5, 5.0) * (_happens("bulge", "mvm", "collapsed", draw) and collapsed),
        fragment=draw.uniform(2.0, 5.0) * (_happens("fragment", "mvm", "collapsed", draw) and collapsed),
        spurs=fracture_spurs(draw) if _happens("fracture-spur", "mvm", "all", draw) else (),
    )
    return level, 0 if occult else size


def _not_occult(seen: float) -> float:
    """Of metastases without a collapse, the share that is not occult."""
    return (seen - drawn("collapse", "mvm")) / (1 - drawn("collapse", "mvm"))


def _happens(name: str, group: str, among: str, draw: np.random.Generator) -> bool:
    return bool(draw.random() < drawn(name, group, among))


def _draw_collapse(
    group: str, acute: bool, draw: np.random.Generator, shape: str | None, severity: int | None
) -> tuple[Collapse, float]:
    """A collapse, and how far it tilts on the AP film in degrees."""
    chances = np.array([drawn(f"collapse-{name}", group, "collapsed") for name in SHAPES])
    drawn_shape = str(draw.choice(SHAPES, p=chances / chances.sum()))
    mean, spread = LOSS[acute]
    share = float(np.clip(draw.normal(mean, spread), 0.05, _MOST_LOST))
    in_grade = draw.uniform(0, 1)
    tilt = abs(draw.normal(*TILT_DEGREES[group])) * (1 if draw.random() < 0.5 else -1)
    shape = shape or drawn_shape
    collapse = Collapse(shape, share, _posterior_loss(shape, draw))
    if severity is not None and collapse.genant != severity:
        low, high = GENANT_LOSS[severity]
        collapse = replace(collapse, share=low + in_grade * (high - low))
    return collapse, float(tilt)


def _posterior_loss(shape: str, draw: np.random.Generator) -> float:
    """Loss at the posterior wall against that in front; the same in both groups."""
    if shape in ("crush", "posterior"):
        return float(draw.uniform(0.7, 1.0))
    return float(draw.uniform(0.2, 0.8) if draw.random() < 0.2 else draw.uniform(0, 0.1))


def _draw_pedicle(kind: str, draw: np.random.Generator) -> Pedicle | None:
    """A pedicle's destruction needs a lytic part, its hiding a blastic one."""
    lytic, blastic = (KIND_SHARES[each] + KIND_SHARES["mixed"] / 2 for each in ("lytic", "blastic"))
    part = {"lytic": (1.0, 0.0), "blastic": (0.0, 1.0), "mixed": (0.5, 0.5)}[kind]
    signs = ("complete", "partial", "hidden")
    chances = [
        drawn(f"pedicle-{sign}", "mvm") * of / share
        for sign, of, share in zip(signs, (part[0], part[0], part[1]), (lytic, lytic, blastic), strict=True)
    ]
    shown = sum(drawn(f"pedicle-{sign}", "mvm") for sign in signs)
    silent = (drawn("pedicle", "mvm") - shown) / (1 - shown) * (1 - sum(chances))
    sign = str(draw.choice((*signs, "infiltrated", ""), p=(*chances, silent, 1 - sum(chances) - silent)))
    left = bool(draw.random() < 0.5)
    return Pedicle(sign, left) if sign else None


def _neighbours(vertebrae: Sequence[Vertebra], row: int, draw: np.random.Generator) -> list[int]:
    rows = [each for each in range(row - 4, row + 5) if each != row and 0 <= each < len(vertebrae) - 1]
    return [int(each) for each in draw.permutation(rows)]


def _further_fractures(
    chance: float, vertebrae: Sequence[Vertebra], row: int, draw: np.random.Generator, mix: CaseMix
) -> dict[int, LevelDisease]:
    if draw.random() >= chance:
        return {}
    number = 1 if draw.random() < 0.7 else 2
    return {
        other: draw_fracture(draw, severity=int(draw.integers(1, 4)), mix=mix)
        for other in _neighbours(vertebrae, row, draw)[:number]
    }


def _further_metastases(
    kind: str,
    primary: str,
    vertebrae: Sequence[Vertebra],
    row: int,
    draw: np.random.Generator,
    mix: CaseMix,
) -> dict[int, LevelDisease]:
    """One further level, or, in 39 % of patients, two or more (Mesfin 2015)."""
    if draw.random() >= drawn("further-metastasis", "mvm"):
        return {}
    number = 1 if draw.random() < 0.35 else int(draw.integers(2, 5))
    found = {}
    for other in _neighbours(vertebrae, row, draw)[:number]:
        same = kind if draw.random() < 0.8 else str(draw.choice(KINDS_BY_LABEL["mvm"], p=KINDS[primary]))
        found[other], _ = draw_metastasis(same, vertebrae[other], draw, mix=mix)
    return found


def _levels(
    row: int, level: LevelDisease, others: dict[int, LevelDisease], mix: CaseMix
) -> Mapping[int, LevelDisease]:
    found = {row: level, **others}
    lobed = mix.foci == "lobed"
    return MappingProxyType({each: replace(disease, lobed=lobed) for each, disease in found.items()})


def _places(level: LevelDisease, vertebra: Vertebra) -> str:
    behind = [focus.y < vertebra.posterior_wall_y - 5 for focus in level.foci]
    found = {
        gettext("body"): level.diffuse != 0 or not all(behind),
        gettext("pedicle"): level.pedicle is not None,
        gettext("posterior elements"): any(behind),
    }
    return gettext(" and ").join(place for place, there in found.items() if there)
