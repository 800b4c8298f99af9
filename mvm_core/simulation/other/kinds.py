"""The table of kinds: what there is besides metastases and benign fractures, how often, and where.

A kind is one row here and one function that changes the spine. The shares are those of patients whose films
show it, by age; where nobody has counted films, what other means find is scaled down, and called an
assumption. At other levels each kind is drawn alike whatever the disease, from a stream of its own.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from mvm_core.language import gettext_noop
from mvm_core.simulation.other import bone, disc, number
from mvm_core.simulation.other.change import Change, Others, Spine
from mvm_core.simulation.vertebra import Vertebra

OTHER = "other"
_LOWER = ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")


@dataclass(frozen=True)
class Kind:
    """One kind.

    Attributes
    ----------
    name : str
    shares : tuple of (float, float)
        Age in years and share of the patients of that age, linear in between.
    levels : tuple of str
        Where it sits; of two vertebrae the upper one.
    reach : tuple of int
        First and last vertebra that it changes, counted from its level.
    draw : callable
        Takes the spine, the index of the vertebra and a random generator; gives the spine with it.
    source : str
    women : float
        Share among women against that among both sexes.
    chance : bool
        Whether it occurs besides another disease.
    """

    name: str
    shares: tuple[tuple[float, float], ...]
    levels: tuple[str, ...]
    reach: tuple[int, int]
    draw: Callable[[Spine, int, np.random.Generator], Spine]
    source: str
    women: float = 1.0
    chance: bool = True

    def share(self, age: float, sex: str) -> float:
        """Share of the patients of an age and sex who have it."""
        ages, shares = zip(*self.shares, strict=True)
        return float(np.interp(age, ages, shares)) * (self.women if sex == "F" else 2 - self.women)


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            gettext_noop("haemangioma"),
            ((20, 0.005), (60, 0.025), (85, 0.04)),
            _LOWER,
            (0, 0),
            bone.haemangioma,
            "assumption: a tenth of what CT finds (26 %, Slon et al., Eur Spine J 2015;24:2189)",
        ),
        Kind(
            gettext_noop("paget"),
            ((50, 0.0), (60, 0.001), (85, 0.004)),
            ("T11", "T12", "L1", "L2", "L3", "L4", "L5"),
            (0, 0),
            bone.paget,
            "0.3 % from 55, 0.9 % from 85 (Poor et al., J Bone Miner Res 2006;21:1545), vertebrae in 41 % "
            "(Wermers et al., J Bone Miner Res 2008;23:819)",
            women=0.8,
        ),
        Kind(
            gettext_noop("discitis"),
            ((10, 0.0005), (50, 0.001), (80, 0.004)),
            ("T9", "T11", "L1", "L2", "L3", "L4"),
            (0, 1),
            disc.discitis,
            "assumption: a few in 100,000 a year, but they are filmed",
            women=0.7,
        ),
        Kind(
            gettext_noop("schmorl"),
            ((10, 0.03), (20, 0.1), (90, 0.14)),
            ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4"),
            (0, 0),
            disc.schmorl,
            "assumption: half of those with irregular endplates on lateral films, 24.6 % (Makurthou et al., "
            "Spine 2013;38:1690)",
            women=0.8,
        ),
        Kind(
            gettext_noop("scheuermann"),
            ((10, 0.0), (15, 0.04), (90, 0.045)),
            ("T8", "T9", "T10", "T11", "T12", "L1"),
            (-2, 3),
            disc.scheuermann,
            "4.0 % (95 % interval 3.3 to 4.7; Makurthou et al., Spine 2013;38:1690); 8 % by wider criteria "
            "(Armbrecht et al., Osteoporos Int 2015;26:2509)",
            women=0.9,
        ),
        Kind(
            gettext_noop("limbus"),
            ((12, 0.0), (20, 0.015), (90, 0.02)),
            ("L1", "L2", "L3", "L4", "L5"),
            (0, 0),
            disc.limbus,
            "assumption; mostly the upper front corner of one lumbar vertebra",
        ),
        Kind(
            gettext_noop("degenerative"),
            ((30, 0.005), (50, 0.05), (70, 0.15), (90, 0.25)),
            ("L1", "L2", "L3", "L4"),
            (0, 1),
            disc.degenerative,
            "assumption: dense endplates are the rarest of Modic's types, any of them in 6 % of people and "
            "43 % of patients (Jensen et al., Eur Spine J 2008;17:1407), rising with age",
        ),
        Kind(
            gettext_noop("cemented"),
            ((55, 0.0), (65, 0.01), (85, 0.04)),
            ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4"),
            (0, 0),
            bone.cemented,
            "assumption",
            women=1.3,
        ),
        Kind(
            gettext_noop("screws"),
            ((0, 0.0),),
            ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5"),
            (0, 0),
            number.screws,
            "at other levels a site's implants, see `sites.Population.implant_share`",
            chance=False,
        ),
        Kind(
            gettext_noop("block"),
            ((0, 0.005), (90, 0.005)),
            ("T8", "T9", "T10", "T11", "T12", "L1", "L2", "L3", "L4"),
            (0, 1),
            number.block,
            "assumption",
        ),
        Kind(
            gettext_noop("transitional"),
            ((0, 0.17), (90, 0.17)),
            ("L5",),
            (0, 0),
            number.transitional,
            "sacralised L5 in 17.2 % of 3,607 films (Ucar et al., Arthritis 2013;461425); types and sexes "
            "(11.1 % of women, 28.1 % of men) after Nardo et al., Radiology 2012;265:497",
            women=0.6,
        ),
        Kind(
            number.ELEVEN_RIBS,
            ((0, 0.017), (90, 0.017)),
            ("T12",),
            (0, 0),
            number.eleven_ribs,
            "11 thoracic and 6 lumbar in 5 of 293 (Yan et al., J Orthop Surg Res 2018;13:124); the 12 with "
            "11 and 5, a vertebra fewer, are not drawn",
        ),
        Kind(
            number.SIX_LUMBAR,
            ((0, 0.038), (90, 0.038)),
            ("S1",),
            (0, 0),
            number.six_lumbar,
            "12 thoracic and 6 lumbar in 11 of 293 (Yan et al., J Orthop Surg Res 2018;13:124)",
            women=0.7,
        ),
        Kind(
            gettext_noop("myeloma"),
            ((0, 0.0),),
            _LOWER,
            (0, 0),
            bone.myeloma,
            "a patient group of its own: never besides another disease",
            chance=False,
        ),
    )
}


def levels_of(kind: str, levels: Collection[str]) -> tuple[str, ...]:
    """Where a kind can be the vertebra in question, of those that a format allows.

    The sixth lumbar vertebra can be wherever L5 can.
    """
    allowed = {*levels, "S1"} if "L5" in levels else {*levels}
    return tuple(level for level in KINDS[kind].levels if level in allowed)


def kind_and_level(
    kind: str | None, level: str | None, levels: Collection[str], draw: np.random.Generator
) -> tuple[str, str]:
    """Draw which kind is the one in question, and where, as far as neither is given.

    All kinds are drawn alike: a cohort of them is to show each.

    Parameters
    ----------
    kind, level : str or None
        As asked for.
    levels : collection of str
        Those that the format allows.
    """
    where = {name: levels_of(name, levels) for name in ([kind] if kind is not None else KINDS)}
    if level is not None:
        where = {name: (level,) for name, found in where.items() if level in found}
    names = [name for name, found in where.items() if found]
    drawn = str(draw.choice(names))
    return drawn, str(draw.choice(where[drawn]))


def draw_others(
    vertebrae: Sequence[Vertebra],
    row: int,
    kind: str | None,
    *,
    age: int,
    sex: str,
    screwed: Collection[str],
    asked: np.random.Generator,
    chance: np.random.Generator,
) -> Others:
    """Draw what a patient has of the group ``other``.

    Parameters
    ----------
    row : int
        Index of the vertebra in question.
    kind : str or None
        What it has; None for a vertebra in question that has nothing of the kind, and is not changed.
    screwed : collection of str
        Other levels that bear pedicle screws.
    asked, chance : Generator
        For the vertebra in question, and for the others. The latter are the same whatever its disease.
    """
    spine = Spine(tuple(vertebrae), row, {})
    if kind is not None:
        spine = KINDS[kind].draw(spine, row, asked)
    own = [spine.vertebrae[i].name for i, change in spine.changes.items() if change.kind == "screws"]
    names = tuple(own) if own else tuple(screwed)
    for i, vertebra in enumerate(spine.vertebrae):
        if vertebra.name in names and i not in spine.changes:
            spine = spine.with_vertebra(i, vertebra, Change("screws", ("screw",)))
    for each in KINDS.values():
        if each.chance and chance.random() < each.share(age, sex):
            spine = _drawn_somewhere(spine, each, chance)
    return Others(spine.vertebrae, MappingProxyType(dict(spine.changes)), names)


def _drawn_somewhere(spine: Spine, kind: Kind, draw: np.random.Generator) -> Spine:
    names = [vertebra.name for vertebra in spine.vertebrae]
    taken, free = {spine.row, *spine.changes}, []
    for name in kind.levels:
        if name not in names:
            continue
        at = names.index(name)
        touched = set(range(at + kind.reach[0], at + kind.reach[1] + 1))
        if not touched & taken and min(touched) >= 0 and max(touched) < len(names):
            free.append(at)
    return kind.draw(spine, int(draw.choice(free)), draw) if free else spine
