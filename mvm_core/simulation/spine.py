"""The spine of one patient: sizes and curves drawn around the published means, and its wear."""

import numpy as np

from mvm_core.simulation.distance import f32
from mvm_core.simulation.morphometry import (
    KYPHOSIS_DEGREES,
    LORDOSIS_DEGREES,
    NAMES,
    SPREAD,
    TYPICAL,
    Size,
    tilt_degrees,
)
from mvm_core.simulation.vertebra import Dent, Spur, Vertebra

_SEX_FACTOR = {"F": 0.955, "M": 1.045}


def draw_spine(
    sex: str, wear: float, degenerative_scoliosis: bool, level: str, draw: np.random.Generator
) -> tuple[Vertebra, ...]:
    """Draw a spine, T4 to S1, without disease.

    Parameters
    ----------
    wear : float
        Degenerative change, in [0, 1].
    degenerative_scoliosis : bool
        Whether the spine bends sideways beyond the healthy range.
    level : str
        The vertebra whose centre becomes the origin.
    """
    sizes = _draw_sizes(sex, wear, draw)
    kyphosis = float(np.clip(draw.normal(*KYPHOSIS_DEGREES) + 8 * wear, 18, 75))
    lordosis = float(np.clip(draw.normal(*LORDOSIS_DEGREES) - 6 * wear, 18, 80))
    tilts = [tilt_degrees(name, kyphosis, lordosis) + draw.normal(0, 1.0) for name in NAMES]
    rolls = _draw_rolls(degenerative_scoliosis, draw)
    turn = draw.normal(0, 3.0)
    yaws = [turn - 0.4 * roll + draw.normal(0, 1.0) for roll in rolls]
    # Bodies settle onto each other above the level in question, alike whatever its disease.
    row = NAMES.index(level)
    settled = min(0.5 * draw.uniform(0.1, 0.5) * sizes[row].height, 0.55 * sizes[max(row - 1, 0)].disc)
    centres = _lay(sizes, tilts, rolls, row, settled)
    scoliotic = 2.0 if degenerative_scoliosis else 1.0
    return tuple(
        Vertebra(
            name=name,
            size=sizes[i],
            centre=centres[i],
            tilt=tilts[i],
            yaw=yaws[i],
            roll=rolls[i],
            waist=draw.uniform(0.06, 0.15),
            concavity=draw.uniform(1.2, 2.6),
            transverse_process=draw.uniform(8, 14) if name.startswith("T") else draw.uniform(14, 24),
            spinous_process=draw.uniform(22, 30),
            trabecular=draw.normal(1, 0.07),
            asymmetry=draw.normal(0, 0.7),
            sclerosis=max(0.0, draw.normal(0.9 * wear - 0.25, 0.2)),
            spurs=_draw_spurs(wear * scoliotic, draw),
            dents=_draw_dents(sizes[i], wear, draw),
        )
        for i, name in enumerate(NAMES)
    )


def _draw_sizes(sex: str, wear: float, draw: np.random.Generator) -> list[Size]:
    person = _SEX_FACTOR[sex] * draw.normal(1, 0.045)
    slim = draw.normal(1, 0.03)
    sizes = []
    for name in NAMES:
        typical = TYPICAL[name]
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


def _draw_rolls(degenerative_scoliosis: bool, draw: np.random.Generator) -> list[float]:
    """Sideways tilts of one smooth bend and a compensating one, in degrees."""
    amplitude = draw.uniform(7, 18) if degenerative_scoliosis else abs(draw.normal(0, 1.8))
    sign = 1 if draw.random() < 0.5 else -1
    apex, spread = draw.uniform(7, 11.5), draw.uniform(2.2, 3.2)
    rows = np.arange(len(NAMES))
    # The tilt is the slope of a bump in the frontal plane.
    bump = -(rows - apex) / spread * np.exp(0.5 - 0.5 * ((rows - apex) / spread) ** 2)
    return (sign * amplitude * bump + draw.normal(0, 0.7, len(NAMES)) + draw.normal(0, 0.8)).tolist()


def _lay(
    sizes: list[Size], tilts: list[float], rolls: list[float], row: int, settled: float
) -> list[tuple[float, float, float]]:
    """Centres of the bodies, each hung below the one above; the origin is the body at `row`."""
    centres = [np.zeros(3)]
    for i in range(1, len(sizes)):
        length = sizes[i - 1].height / 2 + sizes[i].height / 2 + sizes[i - 1].disc
        length += (sizes[i - 1].lordotic + sizes[i].lordotic) / 4
        if i == row:
            length -= settled
        along = np.deg2rad((tilts[i - 1] + tilts[i]) / 2)
        across = np.deg2rad((rolls[i - 1] + rolls[i]) / 2)
        centres.append(centres[-1] + length * np.array([np.sin(across), -np.sin(along), -np.cos(along)]))
    return [tuple(float(value) for value in centre - centres[row]) for centre in centres]  # type: ignore[misc]


def _draw_spurs(wear: float, draw: np.random.Generator) -> tuple[Spur, ...]:
    number = int(draw.poisson(5 * wear**1.5))
    # In front and at the sides, hardly towards the canal.
    return tuple(
        Spur(np.pi / 2 + draw.normal(0, 1.0), bool(draw.random() < 0.5), draw.gamma(2.0, 1.3) * (0.5 + wear))
        for _ in range(min(number, 6))
    )


def _draw_dents(size: Size, wear: float, draw: np.random.Generator) -> tuple[Dent, ...]:
    if draw.random() > 0.04 + 0.08 * wear:
        return ()
    x, y = draw.uniform(-0.25, 0.25) * size.width, draw.uniform(-0.2, 0.25) * size.depth
    return (Dent(x, y, bool(draw.random() < 0.5), draw.uniform(2.0, 5.0)),)


def line_through(
    vertebrae: tuple[Vertebra, ...], z: np.ndarray, behind: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Where the spine lies at heights `z`: x and y of the bodies' centres, `behind` mm further back."""
    centres = np.array([vertebra.centre for vertebra in vertebrae])[::-1]
    x = np.interp(z, centres[:, 2], centres[:, 0]).astype(f32)
    y = np.interp(z, centres[:, 2], centres[:, 1]).astype(f32)
    return x, y - f32(behind)
