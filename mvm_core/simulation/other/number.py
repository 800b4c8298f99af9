"""Kinds that are a matter of number, segmentation or surgery: block, transition, six lumbar, screws.

Names count from above, whatever a vertebra looks like: the seventh thoracic is T7 on every film, the
nineteenth vertebra of the spine T12 with ribs or without, the twenty-fifth S1. So with eleven pairs of ribs
T12 bears none, and six bodies without ribs stand above the sacrum; with six lumbar vertebrae the sixth is S1,
which looks like an L5, and the sacrum begins with S2, which no table lists. Both bodies of a block keep their
names. That is how a whole-spine film is counted (Insights Imaging 2016;7:189-194: nothing else is reliable);
a reader who has the lumbar film alone and counts from the sacrum comes to other names.
"""

from dataclasses import replace

import numpy as np

from mvm_core.language import gettext_noop
from mvm_core.simulation.other.change import Change, Endplate, Spine, Spots
from mvm_core.simulation.other.moves import narrow
from mvm_core.simulation.pathology import Focus
from mvm_core.simulation.vertebra import Vertebra

CASTELLVI = {"I": 0.417, "II": 0.414, "III": 0.115, "IV": 0.052}
"""Shares of the types among transitional vertebrae (Nardo et al., Radiology 2012;265:497-503)."""

_OVERLAP_MM = 1.2
"""How far the two bodies of a block reach into each other, so that their rounded rims close."""

_GROWN = {"I": 0.45, "II": 0.8, "III": 1.0}
SIX_LUMBAR, ELEVEN_RIBS = gettext_noop("six-lumbar"), gettext_noop("eleven-ribs")


def block(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Two bodies grown together, slender where the disc was, their arches joined."""
    spine = narrow(spine, row, draw.uniform(0.35, 0.6))
    waist, gap = draw.uniform(0.16, 0.26), spine.vertebrae[row].size.disc
    upper_one, lower_one = spine.vertebrae[row], spine.vertebrae[row + 1]
    middle = np.add(upper_one.centre, lower_one.centre) / 2
    # The cleft between them is closed in front as well as behind.
    opening = upper_one.size.depth * np.tan(np.deg2rad(lower_one.tilt - upper_one.tilt))
    opening -= (upper_one.size.lordotic + lower_one.size.lordotic) / 2
    for i, upper in ((row, False), (row + 1, True)):
        vertebra = spine.vertebrae[i]
        # Each body grows towards the other by half of the disc.
        towards = np.subtract(middle, vertebra.centre)
        centre = np.add(vertebra.centre, towards / np.linalg.norm(towards) * gap / 4)
        if i == spine.row:
            centre = np.array(vertebra.centre)
        size = replace(
            vertebra.size,
            height=vertebra.size.height + gap / 2 + _OVERLAP_MM,
            lordotic=vertebra.size.lordotic + 0.8 * opening,
        )
        arch = Focus(0.0, vertebra.lamina_y - 6.0, -0.7 * size.height if i == row else 0.3 * size.height, 8.0)
        marks = (Endplate(upper, dense=0.06, depth_mm=4.0, grown=True), Spots((arch,), dense=0.15))
        vertebra = replace(
            vertebra,
            size=size,
            centre=(float(centre[0]), float(centre[1]), float(centre[2])),
            concavity=min(vertebra.concavity, 0.8),
            waist=waist,
            spurs=(),
        )
        spine = spine.with_vertebra(i, vertebra, Change("block", ("block",), marks=marks))
    return spine


def transitional(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """L5 whose transverse processes are broad, meet the sacrum, or have grown into it."""
    shares = np.array(list(CASTELLVI.values()))
    castellvi = str(draw.choice(list(CASTELLVI), p=shares / shares.sum()))
    one_side = castellvi in ("I", "II", "III") and draw.random() < 0.5
    right = left = _GROWN.get(castellvi, 1.0)
    if castellvi == "IV":
        left = _GROWN["II"]
    elif one_side:
        left = 0.0
    if draw.random() < 0.5:
        right, left = left, right
    spine = narrow(spine, row, draw.uniform(0.35, 0.9 if castellvi == "I" else 0.6))
    vertebra = spine.vertebrae[row]
    size = replace(vertebra.size, lordotic=vertebra.size.lordotic * 0.4)
    change = Change("transitional", ("transitional", f"castellvi-{castellvi.lower()}"), wings=(right, left))
    return spine.with_vertebra(row, replace(vertebra, size=size), change)


def eleven_ribs(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """T12 without ribs."""
    vertebra = replace(spine.vertebrae[row], transverse_process=draw.uniform(6, 12))
    return spine.with_vertebra(row, vertebra, Change(ELEVEN_RIBS, ("no-rib",), ribless=True))


def six_lumbar(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """S1 shaped like a lumbar vertebra, with a disc below it; the sacrum begins with S2."""
    l5, sacral = spine.vertebrae[row - 1], spine.vertebrae[row]
    tilt = (l5.tilt + sacral.tilt) / 2
    size = replace(l5.size, lordotic=l5.size.lordotic * 0.8, disc=l5.size.disc * draw.uniform(0.6, 1.0))
    extra = replace(l5, name="S1", size=size, tilt=tilt, roll=sacral.roll, yaw=sacral.yaw)
    extra = replace(extra, centre=_below(l5, extra))
    first = replace(sacral, name="S2", centre=_below(extra, sacral))
    change = Change(SIX_LUMBAR, (SIX_LUMBAR,))
    spine = replace(spine, vertebrae=(*spine.vertebrae, first))
    return spine.with_vertebra(row, extra, change)


def _below(upper: Vertebra, lower: Vertebra) -> tuple[float, float, float]:
    """Where the centre of a vertebra comes to lie below another, a disc between them."""
    length = upper.size.height / 2 + lower.size.height / 2 + upper.size.disc
    length += (upper.size.lordotic + lower.size.lordotic) / 4
    along = np.deg2rad((upper.tilt + lower.tilt) / 2)
    across = np.deg2rad((upper.roll + lower.roll) / 2)
    x, y, z = upper.centre + length * np.array([np.sin(across), -np.sin(along), -np.cos(along)])
    return float(x), float(y), float(z)


def screws(spine: Spine, row: int, draw: np.random.Generator) -> Spine:
    """Pedicle screws with rods at two to four levels; the disc between them is narrow."""
    length = int(draw.integers(2, 5))
    first = int(np.clip(row - draw.integers(0, length), 0, len(spine.vertebrae) - 1 - length))
    for i in range(first, first + length):
        if i + 1 < first + length:
            spine = narrow(spine, i, draw.uniform(0.5, 0.9))
        spine = spine.with_vertebra(i, spine.vertebrae[i], Change("screws", ("screw",)))
    return spine
