"""The spine of one patient: sizes and curves drawn around the published means, and its wear."""

from collections.abc import Sequence

import numpy as np

from mvm_core.simulation.distance import f32, rotate
from mvm_core.simulation.morphometry import (
    ALL_TYPICAL,
    KYPHOSIS_DEGREES,
    LORDOSIS_DEGREES,
    NAMES,
    PROCESS_SPREAD,
    PROCESS_SPREAD_WITHIN,
    SPINOUS_MM,
    SPREAD,
    TRANSVERSE_MM,
    Size,
    tilt_degrees,
)
from mvm_core.simulation.scoliosis import Curve
from mvm_core.simulation.stance import LORDOSIS_SHIFT, USUAL_STANCE, Stance
from mvm_core.simulation.vertebra import Spur, Vertebra

DENSITY_SPREAD = 0.07
"""Standard deviation of the spongy bone's density between a patient's vertebrae, as a share."""

# From this height on endplates are as hollow as lumbar ones.
_DISHED_MM = 22.0
_SAGITTAL_AXIS_MM = (15.0, 25.0)
_SEX_FACTOR = {"F": 0.955, "M": 1.045}

_SETTLING = (0.1, 0.5)
"""Of half a body's height, by which a body settles onto the one below: least and most."""

_TABLED = 0.8
"""Share of the mean settling that the tabled discs hold already: so bodies lie as far apart as on CT."""


def draw_spine(
    sex: str,
    wear: float,
    degenerative_scoliosis: bool,
    level: str,
    draw: np.random.Generator,
    *,
    names: Sequence[str] = NAMES,
    curves: Sequence[Curve] = (),
    growth: float = 1.0,
    standing: bool = False,
    stance: Stance = USUAL_STANCE,
) -> tuple[Vertebra, ...]:
    """Draw a spine without disease.

    Parameters
    ----------
    wear : float
        Degenerative change, in [0, 1].
    degenerative_scoliosis : bool
        Whether the spine bends sideways beyond the healthy range.
    level : str
        The vertebra whose centre becomes the origin.
    names : sequence of str
        From above: T4 to S1, or with vertebrae above them.
    curves : sequence of Curve
        Idiopathic scoliosis.
    growth : float
        Size against that of an adult.
    standing : bool
        Whether the patient stands upright: C7 over the sacrum within a few centimetres.
    stance : Stance
        How the patient holds still.
    """
    sizes = _draw_sizes(sex, wear, growth, names, draw)
    kyphosis = float(np.clip(draw.normal(*KYPHOSIS_DEGREES) + 8 * wear, 18, 75))
    lordosis = float(np.clip(draw.normal(*LORDOSIS_DEGREES) - 6 * wear, 18, 80))
    lordosis = max(6.0, lordosis + LORDOSIS_SHIFT[stance.posture])
    tilts = [tilt_degrees(name, kyphosis, lordosis) + draw.normal(0, 1.0) for name in names]
    places = np.arange(len(names)) - names.index(NAMES[0])
    rolls = _draw_rolls(degenerative_scoliosis, places, draw)
    rolls = (
        rolls + sum((curve.rolls(places) for curve in curves), np.zeros(len(names))) + stance.leaning
    ).tolist()
    turn = draw.normal(0, 3.0)
    yaws = [turn - 0.4 * roll + draw.normal(0, 1.0) for roll in rolls]
    if curves:
        yaws = (
            turn + sum((curve.yaws(places) for curve in curves), draw.normal(0, 1.0, len(names)))
        ).tolist()
    row = names.index(level)
    settled = _settled(sizes, row, draw)
    if standing:
        tilts = _upright(tilts, _lay(sizes, tilts, rolls, row, settled), names, draw)
    centres = _lay(sizes, tilts, rolls, row, settled)
    if stance.turned:
        yaws = [yaw + stance.turned for yaw in yaws]
        centres = [_turned(centre, stance.turned) for centre in centres]
    scoliotic = 2.0 if degenerative_scoliosis else 1.0
    wings, keels = draw.normal(1, PROCESS_SPREAD, 2)
    return tuple(
        Vertebra(
            name=name,
            sacral=name == "S1",
            size=sizes[i],
            centre=centres[i],
            tilt=tilts[i],
            yaw=yaws[i],
            roll=rolls[i],
            waist=draw.uniform(0.06, 0.15),
            concavity=draw.uniform(1.2, 2.6) * (min(1.0, sizes[i].height / _DISHED_MM) if standing else 1.0),
            transverse_process=TRANSVERSE_MM[name] * _drawn_length(sizes[i], name, wings, draw),
            spinous_process=SPINOUS_MM[name] * _drawn_length(sizes[i], name, keels, draw),
            trabecular=draw.normal(1, DENSITY_SPREAD),
            asymmetry=draw.normal(0, 0.7),
            sclerosis=max(0.0, draw.normal(0.9 * wear - 0.25, 0.2)),
            spurs=_draw_spurs(wear * scoliotic, draw),
        )
        for i, name in enumerate(names)
    )


def _drawn_length(size: Size, name: str, person: float, draw: np.random.Generator) -> float:
    """Length of a process against the usual: it grows with the vertebra."""
    own = size.width / ALL_TYPICAL[name].width
    return float(own * np.clip(person * draw.normal(1, PROCESS_SPREAD_WITHIN), 0.6, 1.4))


def _turned(centre: tuple[float, float, float], degrees: float) -> tuple[float, float, float]:
    """A point turned about the vertical through the vertebra in question."""
    x, y = rotate(f32(centre[0]), f32(centre[1]), degrees)  # type: ignore[arg-type]
    return float(x), float(y), centre[2]


def _draw_sizes(
    sex: str, wear: float, growth: float, names: Sequence[str], draw: np.random.Generator
) -> list[Size]:
    person = growth * _SEX_FACTOR[sex] * draw.normal(1, 0.045)
    slim = draw.normal(1, 0.03)
    sizes = []
    for name in names:
        typical = ALL_TYPICAL[name]
        own = person * draw.normal(1, SPREAD * 0.2)
        worn = draw.random() < 0.6 * wear
        sizes.append(
            Size(
                width=typical.width * own * slim,
                depth=typical.depth * own * draw.normal(1, 0.02),
                height=typical.height * own * draw.normal(1, 0.025),
                lordotic=typical.lordotic + draw.normal(0, 0.5),
                disc=max(
                    1.5, typical.disc * draw.normal(1.0, 0.12) * (draw.uniform(0.3, 0.7) if worn else 1)
                ),
                canal_width=typical.canal_width * own,
                canal_depth=typical.canal_depth * own,
                pedicle_width=typical.pedicle_width * own * draw.normal(1, 0.07),
                pedicle_height=typical.pedicle_height * own,
            )
        )
    return sizes


def _draw_rolls(degenerative_scoliosis: bool, rows: np.ndarray, draw: np.random.Generator) -> np.ndarray:
    """Sideways tilts of one smooth bend and a compensating one, in degrees, at places counted from T4."""
    amplitude = draw.uniform(7, 18) if degenerative_scoliosis else abs(draw.normal(0, 1.8))
    sign = 1 if draw.random() < 0.5 else -1
    apex, spread = draw.uniform(7, 11.5), draw.uniform(2.2, 3.2)
    # The tilt is the slope of a bump in the frontal plane.
    bump = -(rows - apex) / spread * np.exp(0.5 - 0.5 * ((rows - apex) / spread) ** 2)
    return np.asarray(sign * amplitude * bump + draw.normal(0, 0.7, len(rows)) + draw.normal(0, 0.8))


def _settled(sizes: list[Size], row: int, draw: np.random.Generator) -> list[float]:
    """By how much each body lies nearer to the one above than the table says, in mm; on average by little.

    Bodies settle onto a fractured one. Since a body is to lie where it lies whatever its disease, all settle
    by the same law: if the one in question did alone, its narrowed disc would give it away, in healthy people
    too.
    """
    others = draw.spawn(1)[0].uniform(*_SETTLING, len(sizes))
    shares = [draw.uniform(*_SETTLING) if i == row else float(share) for i, share in enumerate(others)]
    settled = []
    for i, share in enumerate(shares):
        height, most = sizes[i].height, 0.55 * sizes[max(i - 1, 0)].disc
        settled.append(min(0.5 * share * height, most) - _TABLED * _usual_settling(height, most))
    return settled


def _usual_settling(height: float, most: float) -> float:
    """Mean of a settling that is drawn evenly, and at most so large."""
    low, high = (0.5 * share * height for share in _SETTLING)
    if most >= high:
        return (low + high) / 2
    if most <= low:
        return most
    return float(((most**2 - low**2) / 2 + most * (high - most)) / (high - low))


def _lay(
    sizes: list[Size], tilts: list[float], rolls: list[float], row: int, settled: Sequence[float]
) -> list[tuple[float, float, float]]:
    """Centres of the bodies, each hung below the one above; the origin is the body at `row`."""
    centres = [np.zeros(3)]
    for i in range(1, len(sizes)):
        length = sizes[i - 1].height / 2 + sizes[i].height / 2 + sizes[i - 1].disc
        length += (sizes[i - 1].lordotic + sizes[i].lordotic) / 4
        length -= settled[i]
        along = np.deg2rad((tilts[i - 1] + tilts[i]) / 2)
        across = np.deg2rad((rolls[i - 1] + rolls[i]) / 2)
        centres.append(centres[-1] + length * np.array([np.sin(across), -np.sin(along), -np.cos(along)]))
    return [tuple(float(value) for value in centre - centres[row]) for centre in centres]  # type: ignore[misc]


def _upright(
    tilts: list[float],
    centres: list[tuple[float, float, float]],
    names: Sequence[str],
    draw: np.random.Generator,
) -> list[float]:
    """Tilts of the spine leant so that C7 comes to stand over the sacrum, as people hold themselves."""
    _, forward, up = np.subtract(centres[names.index("C7")], centres[names.index("S1")])
    lean = np.rad2deg(np.arctan2(forward - draw.normal(*_SAGITTAL_AXIS_MM), up))
    return [tilt - float(lean) for tilt in tilts]


def _draw_spurs(wear: float, draw: np.random.Generator) -> tuple[Spur, ...]:
    number = int(draw.poisson(5 * wear**1.5))
    # In front and at the sides, hardly towards the canal.
    return tuple(
        Spur(np.pi / 2 + draw.normal(0, 1.0), bool(draw.random() < 0.5), draw.gamma(2.0, 1.3) * (0.5 + wear))
        for _ in range(min(number, 6))
    )


def line_through(
    vertebrae: tuple[Vertebra, ...], z: np.ndarray, behind: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Where the spine lies at heights `z`: x and y of the bodies' centres, `behind` mm further back."""
    centres = np.array([vertebra.centre for vertebra in vertebrae])[::-1]
    x = np.interp(z, centres[:, 2], centres[:, 0]).astype(f32)
    y = np.interp(z, centres[:, 2], centres[:, 1]).astype(f32)
    return x, y - f32(behind)
