"""Disease: a benign fracture, or a metastasis with or without one, at one level or more."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from mvm_core.simulation.settings import KINDS_BY_LABEL, PatientRequest
from mvm_core.simulation.vertebra import Spur, Vertebra

GENANT_LOSS = {1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}
"""Height lost at Genant grades 1 to 3, as a share (Genant et al., J Bone Miner Res 1993;8:1137-48)."""

PATHOLOGICAL_FRACTURE_SHARE = 0.65
_SHAPES = ("wedge", "biconcave", "crush")
_FOCUS_RADIUS_MM = {1: (6.0, 8.5), 2: (8.5, 12.0), 3: (11.0, 15.0)}
_AMOUNT = {1: (0.6, 0.9), 2: (0.8, 1.0), 3: (0.9, 1.0)}


@dataclass(frozen=True)
class Collapse:
    """Loss of height of a body.

    Attributes
    ----------
    shape : {'wedge', 'biconcave', 'crush'}
    share : float
        Height lost at the worst place.
    sideways : float
        How one-sided the loss is; positive: more at the patient's left.
    posterior : float
        Loss at the posterior wall as a share of `share`; 0 where the wall is kept.
    impaction_band : bool
        Whether trabeculae are pressed into a dense band (an acute fracture).
    cleft : bool
        Whether gas lies in a cleft below the upper endplate.
    """

    shape: str
    share: float
    sideways: float
    posterior: float
    impaction_band: bool
    cleft: bool = False

    @property
    def genant(self) -> int:
        """Genant grade, 0 to 3."""
        return 0 if self.share < 0.20 else 1 if self.share < 0.25 else 2 if self.share < 0.40 else 3


@dataclass(frozen=True)
class Focus:
    """One focus of a metastasis: a ball with a ragged edge, in coordinates of the vertebra, in mm."""

    x: float
    y: float
    z: float
    radius: float


@dataclass(frozen=True)
class LevelDisease:
    """What is wrong with one vertebra.

    Attributes
    ----------
    collapse : Collapse or None
    foci : tuple of Focus
    kind : {'lytic', 'blastic', 'mixed', ''}
        What the foci do to the mineral.
    amount : float
        Share of the mineral that a focus takes away or adds.
    ragged : int
        Seed of the foci's edges.
    mass : Focus or None
        Soft tissue beside the vertebra.
    bulge, fragment : float
        As in `Vertebra`.
    spurs : tuple of Spur
        Grown after an old fracture.
    """

    collapse: Collapse | None = None
    foci: tuple[Focus, ...] = ()
    kind: str = ""
    amount: float = 0.0
    ragged: int = 0
    mass: Focus | None = None
    bulge: float = 0.0
    fragment: float = 0.0
    spurs: tuple[Spur, ...] = ()

    def deform(self, vertebra: Vertebra) -> Vertebra:
        """The vertebra with its bulging wall, fragment and spurs."""
        return replace(
            vertebra, bulge=self.bulge, fragment=self.fragment, spurs=(*vertebra.spurs, *self.spurs)
        )


@dataclass(frozen=True)
class Disease:
    """What is wrong with a spine.

    Attributes
    ----------
    label, kind : str
        As in `PatientRequest`; of the vertebra in question.
    severity : int
        1 to 3: Genant grade of a fracture; small, middling or large foci of a metastasis.
    places : str
        Where foci lie in the vertebra in question, e.g. ``body and pedicle``; empty without any.
    levels : mapping of int to LevelDisease
        By index of the vertebra; the one in question is always among them, unless nothing is wrong.
    """

    label: str
    kind: str
    severity: int
    places: str
    levels: Mapping[int, LevelDisease]


INTACT = Disease("intact", "", 0, "", MappingProxyType({}))
"""Nothing is wrong."""


def draw_disease(
    request: PatientRequest, label: str, vertebrae: Sequence[Vertebra], row: int, draw: np.random.Generator
) -> Disease:
    """Draw a disease of the vertebra in question, and of others.

    Parameters
    ----------
    label : {'mvm', 'bvf', 'intact'}
    row : int
        Index of the vertebra in question.
    """
    if label == "intact":
        return INTACT
    weights = {"mvm": (0.6, 0.15, 0.25), "bvf": (0.5, 0.3, 0.2)}[label]
    kind = str(draw.choice(KINDS_BY_LABEL[label], p=weights))
    severity = int(draw.choice((1, 2, 3), p=(0.3, 0.4, 0.3)))
    kind = request.kind if request.kind in KINDS_BY_LABEL[label] else kind
    severity = request.severity or severity
    draw_level = _draw_fracture if label == "bvf" else _draw_metastasis
    level, places = draw_level(kind, severity, vertebrae[row], draw)
    levels = {row: level}
    others = int(draw.choice((0, 1, 2), p=(0.65, 0.25, 0.1)))
    candidates = [r for r in range(row - 3, row + 4) if r != row and 0 <= r < len(vertebrae) - 1]
    for other in draw.permutation(candidates)[:others].tolist():
        if label == "mvm" and draw.random() < 0.7:
            other_kind = kind if draw.random() < 0.8 else str(draw.choice(KINDS_BY_LABEL["mvm"]))
            levels[other], _ = _draw_metastasis(other_kind, int(draw.integers(1, 3)), vertebrae[other], draw)
        else:
            shape = str(draw.choice(_SHAPES, p=(0.5, 0.3, 0.2)))
            levels[other], _ = _draw_fracture(shape, int(draw.integers(1, 3)), vertebrae[other], draw)
    return Disease(label, kind, severity, places, MappingProxyType(levels))


def _draw_fracture(
    shape: str, severity: int, vertebra: Vertebra, draw: np.random.Generator
) -> tuple[LevelDisease, str]:
    acute = bool(draw.random() < 0.55)
    collapse = Collapse(
        shape=shape,
        share=draw.uniform(*GENANT_LOSS[severity]),
        sideways=draw.normal(0, 0.2),
        posterior=_posterior_loss(shape, 0.12, draw),
        impaction_band=acute,
        cleft=bool(draw.random() < 0.12 * severity / 2),
    )
    retropulsed = acute and draw.random() < 0.1 + 0.08 * severity
    spurs = () if acute else _spurs_after_fracture(draw)
    disease = LevelDisease(
        collapse=collapse, fragment=draw.uniform(2.0, 5.0) if retropulsed else 0.0, spurs=spurs
    )
    return disease, ""


def _posterior_loss(shape: str, involved: float, draw: np.random.Generator) -> float:
    """Loss at the posterior wall against that in front; crushed bodies lose it all along."""
    if shape == "crush":
        return float(draw.uniform(0.7, 1.0))
    return float(draw.uniform(0.2, 0.8) if draw.random() < involved else draw.uniform(0, 0.1))


def _spurs_after_fracture(draw: np.random.Generator) -> tuple[Spur, ...]:
    return tuple(
        Spur(np.pi / 2 + draw.normal(0, 0.6), bool(draw.random() < 0.7), draw.uniform(1.5, 4.5))
        for _ in range(int(draw.integers(1, 4)))
    )


def _draw_metastasis(
    kind: str, severity: int, vertebra: Vertebra, draw: np.random.Generator
) -> tuple[LevelDisease, str]:
    foci, places = _draw_foci(severity, vertebra, draw)
    collapse = None
    if draw.random() < PATHOLOGICAL_FRACTURE_SHARE:
        shape = str(draw.choice(_SHAPES, p=(0.5, 0.25, 0.25)))
        collapse = Collapse(
            shape=shape,
            share=draw.uniform(0.18, 0.6),
            sideways=draw.normal(0, 0.5),
            posterior=_posterior_loss(shape, 0.7, draw),
            impaction_band=bool(draw.random() < 0.2),
            cleft=bool(draw.random() < 0.02),
        )
    mass = None
    if draw.random() < 0.35 + 0.1 * severity:
        side, size = (1 if draw.random() < 0.5 else -1), vertebra.size
        mass = Focus(
            x=side * size.width * draw.uniform(0.35, 0.6),
            y=draw.uniform(-0.4, 0.2) * size.depth,
            z=draw.normal(0, 3),
            radius=draw.uniform(11, 17) + 2.0 * severity,
        )
    disease = LevelDisease(
        collapse=collapse,
        foci=tuple(foci),
        kind=kind,
        amount=draw.uniform(*_AMOUNT[severity]),
        ragged=int(draw.integers(2**31)),
        mass=mass,
        bulge=draw.uniform(1.5, 5.0) if draw.random() < 0.6 else 0.0,
    )
    return disease, places


def _draw_foci(severity: int, vertebra: Vertebra, draw: np.random.Generator) -> tuple[list[Focus], str]:
    size = vertebra.size
    side = 1 if draw.random() < 0.5 else -1
    options = ("body", "pedicle", "body and pedicle", "posterior elements", "body and posterior elements")
    places = str(draw.choice(options, p=(0.2, 0.18, 0.45, 0.04, 0.13)))
    radius = draw.uniform(*_FOCUS_RADIUS_MM[severity])
    foci = []
    if "body" in places:
        for _ in range(int(draw.integers(1, 3))):
            foci.append(
                Focus(
                    x=draw.uniform(-0.38, 0.38) * size.width,
                    y=draw.uniform(-0.42, 0.35) * size.depth,
                    z=draw.uniform(-0.28, 0.28) * size.height,
                    radius=radius * draw.uniform(0.75, 1.15),
                )
            )
    if "pedicle" in places:
        foci.append(
            Focus(
                side * vertebra.pedicle_x,
                vertebra.posterior_wall_y - 4.0,
                vertebra.pedicle_z,
                max(6.5, radius * 0.85),
            )
        )
    if "posterior" in places:
        foci.append(
            Focus(
                side * draw.uniform(0, 1) * vertebra.pedicle_x,
                vertebra.lamina_y - draw.uniform(0, 14),
                -size.height * draw.uniform(0, 0.5),
                radius,
            )
        )
    return foci, places
