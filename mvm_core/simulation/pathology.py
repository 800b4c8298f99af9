"""Disease: what can be wrong with a vertebra, and with a spine; each finding is a field of its own."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from mvm_core.simulation.vertebra import Spur, Vertebra

GENANT_LOSS = {0: (0.04, 0.20), 1: (0.20, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}
"""Height lost at Genant grades 0 to 3, as a share (Genant et al., J Bone Miner Res 1993;8:1137-48)."""

LOPSIDED_DEGREES = 5.0
"""From which tilt on a collapse counts as lopsided on the AP film (Suzuki et al., J Orthop Sci 2017)."""

SHAPES = ("wedge", "biconcave", "crush", "posterior")
"""Collapse in front, in the middle, all along, and behind."""

PEDICLE_SIGNS = ("complete", "partial", "hidden")

OCCULT_AMOUNT, OCCULT_DIFFUSE = 0.10, 0.05
"""Up to which change of the mineral a metastasis is occult: marrow is replaced, bone stands."""


@dataclass(frozen=True)
class Collapse:
    """Loss of height of a body.

    Attributes
    ----------
    shape : str
        One of `SHAPES`.
    share : float
        Height lost at the worst place of the midline.
    posterior : float
        Loss at the posterior wall as a share of `share`; 0 where the wall is kept.
    """

    shape: str
    share: float
    posterior: float

    @property
    def genant(self) -> int:
        """Genant grade, 0 to 3."""
        return 0 if self.share < 0.20 else 1 if self.share < 0.25 else 2 if self.share < 0.40 else 3


@dataclass(frozen=True)
class Focus:
    """A ball with a ragged edge, in coordinates of the vertebra, in mm."""

    x: float
    y: float
    z: float
    radius: float


@dataclass(frozen=True)
class Pedicle:
    """A pedicle that disease changes.

    Attributes
    ----------
    sign : {'complete', 'partial', 'hidden', 'infiltrated'}
        Destroyed, destroyed on its inner side, covered by dense bone; or infiltrated with its bone left,
        which no film shows.
    left : bool
        The patient's left pedicle, else the right.
    """

    sign: str
    left: bool


@dataclass(frozen=True)
class LevelDisease:
    """What is wrong with one vertebra. Each finding can be left out by itself.

    Attributes
    ----------
    label : {'bvf', 'mvm'}
        Of which kind it is.
    acute : bool
        Whether a fracture is of the last weeks.
    collapse : Collapse or None
    tilt : float
        How lopsided the collapse is: the angle between the endplates on the AP film, in degrees; positive:
        lower at the patient's left. It needs a collapse.
    band : bool
        Whether trabeculae are pressed into a dense band.
    cleft : bool
        Whether gas lies in a cleft below the upper endplate; it needs a collapse.
    foci : tuple of Focus
    pedicle : Pedicle or None
    diffuse : float
        What happens to the spongy bone of the whole vertebra: share of its mineral lost (negative), or
        dense bone added (positive), in [-1, 1].
    kind : {'lytic', 'blastic', 'mixed', ''}
        What the foci do to the mineral.
    amount : float
        Share of the mineral that a focus takes away or adds.
    lobed : bool
        Whether foci are lobes that have grown together, not balls with a ragged edge.
    ragged : int
        Seed of the foci's edges and of the unevenness of what is diffuse.
    mass : Focus or None
        Soft tissue beside the vertebra.
    haematoma : float
        Thickness of the rim of blood around the body, in mm.
    epidural : bool
        Whether there is soft tissue in the canal, which no film shows.
    bulge, fragment : float
        As in `Vertebra`, in mm.
    spurs : tuple of Spur
        Grown after an old fracture.
    """

    label: str
    acute: bool = False
    collapse: Collapse | None = None
    tilt: float = 0.0
    band: bool = False
    cleft: bool = False
    foci: tuple[Focus, ...] = ()
    pedicle: Pedicle | None = None
    diffuse: float = 0.0
    kind: str = ""
    amount: float = 0.0
    ragged: int = 0
    lobed: bool = False
    mass: Focus | None = None
    haematoma: float = 0.0
    epidural: bool = False
    bulge: float = 0.0
    fragment: float = 0.0
    spurs: tuple[Spur, ...] = ()

    @property
    def lopsided(self) -> bool:
        """Whether the collapse tilts far enough to be called lopsided on the AP film."""
        return self.collapse is not None and abs(self.tilt) >= LOPSIDED_DEGREES

    @property
    def occult(self) -> bool:
        """Whether this is a metastasis that has left the bone as it was."""
        destroyed = self.pedicle is not None and self.pedicle.sign in PEDICLE_SIGNS
        seen = self.collapse or destroyed or self.mass or self.bulge or self.fragment
        changed = (self.foci and self.amount > OCCULT_AMOUNT) or abs(self.diffuse) > OCCULT_DIFFUSE
        return self.label == "mvm" and not seen and not changed

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
        Of the vertebra in question, as in `PatientRequest`; the kind of a fracture without any loss of
        height is ``occult``.
    severity : int
        0 to 3: Genant grade of a fracture; occult, small, middling or large foci of a metastasis.
    places : str
        Where the vertebra in question is destroyed or dense, e.g. ``body and pedicle``; may be empty.
    levels : mapping of int to LevelDisease
        By index of the vertebra; the one in question is always among them, unless nothing is wrong.
    primary : str
        Where a metastasis comes from, one of the organs in `frequencies.PRIMARIES`; else empty.
    """

    label: str
    kind: str
    severity: int
    places: str
    levels: Mapping[int, LevelDisease]
    primary: str = ""


INTACT = Disease("intact", "", 0, "", MappingProxyType({}))
"""Nothing is wrong."""
