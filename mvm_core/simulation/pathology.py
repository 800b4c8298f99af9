"""Disease of one vertebra: a benign fracture, or a metastasis with or without one."""

from dataclasses import dataclass

import numpy as np

from mvm_core.simulation.anatomy import Field, Vertebra, f32
from mvm_core.simulation.settings import KINDS_BY_LABEL, PatientRequest

GENANT_LOSS = {1: (0.12, 0.25), 2: (0.25, 0.40), 3: (0.40, 0.60)}
"""Height lost at Genant grades 1 to 3, as a share (Genant et al., J Bone Miner Res 1993;8:1137-48)."""


@dataclass(frozen=True)
class Collapse:
    """Loss of height: `share` of it at the worst place, its `shape`, and how one-sided it is."""

    shape: str
    share: float
    sideways: float
    impaction_band: bool


@dataclass(frozen=True)
class Focus:
    """One focus of a metastasis: a ball with a ragged edge, in coordinates of the vertebra, in mm."""

    x: float
    y: float
    z: float
    radius: float


@dataclass(frozen=True)
class Disease:
    """What is wrong with the vertebra in question.

    Attributes
    ----------
    label, kind : str
        As in `PatientRequest`.
    severity : int
        1 to 3.
    collapse : Collapse or None
    foci : tuple of Focus
        Empty for a benign fracture.
    amount : float
        Share of the mineral that a focus takes away or adds.
    places : str
        Where the foci lie: ``body``, ``pedicle``, ``body and pedicle``; empty without any.
    ragged : int
        Seed of the foci's edges.
    """

    label: str
    kind: str
    severity: int
    collapse: Collapse | None
    foci: tuple[Focus, ...]
    amount: float
    places: str
    ragged: int


def draw_disease(request: PatientRequest, vertebra: Vertebra, draw: np.random.Generator) -> Disease:
    """Draw a disease for the vertebra in question."""
    label = "mvm" if draw.random() < 0.28 else "bvf"
    label = request.wanted_label or label
    weights = {"mvm": (0.6, 0.15, 0.25), "bvf": (0.5, 0.3, 0.2)}[label]
    kind = str(draw.choice(KINDS_BY_LABEL[label], p=weights))
    severity = int(draw.choice((1, 2, 3), p=(0.3, 0.4, 0.3)))
    kind, severity = request.kind or kind, request.severity or severity
    if label == "bvf":
        collapse = Collapse(
            shape=kind,
            share=draw.uniform(*GENANT_LOSS[severity]),
            sideways=draw.normal(0, 0.2),
            impaction_band=draw.random() < 0.5,
        )
        return Disease(label, kind, severity, collapse, (), 0.0, "", 0)
    pathological = None
    if draw.random() < 0.65:
        shape = str(draw.choice(KINDS_BY_LABEL["bvf"], p=(0.5, 0.3, 0.2)))
        pathological = Collapse(shape, draw.uniform(0.12, 0.55), draw.normal(0, 0.4), draw.random() < 0.3)
    foci, places = _draw_foci(severity, vertebra, draw)
    low, high = {1: (0.5, 0.8), 2: (0.7, 0.95), 3: (0.85, 1.0)}[severity]
    ragged = int(draw.integers(2**31))
    return Disease(label, kind, severity, pathological, tuple(foci), draw.uniform(low, high), places, ragged)


def _draw_foci(severity: int, vertebra: Vertebra, draw: np.random.Generator) -> tuple[list[Focus], str]:
    size = vertebra.size
    side = 1 if draw.random() < 0.5 else -1
    places = str(draw.choice(("body", "pedicle", "body and pedicle"), p=(0.3, 0.25, 0.45)))
    low, high = {1: (5.0, 8.0), 2: (8.0, 11.0), 3: (11.0, 15.0)}[severity]
    radius = draw.uniform(low, high)
    foci = []
    if "body" in places:
        for _ in range(int(draw.integers(1, 3))):
            foci.append(
                Focus(
                    x=draw.uniform(-0.35, 0.35) * size.width,
                    y=draw.uniform(-0.35, 0.35) * size.depth,
                    z=draw.uniform(-0.25, 0.25) * size.height,
                    radius=radius * draw.uniform(0.75, 1.15),
                )
            )
    if "pedicle" in places:
        foci.append(
            Focus(
                x=side * vertebra.pedicle_x,
                y=vertebra.posterior_wall_y - 4.0,
                z=size.height * 0.2,
                radius=max(6.5, radius * 0.85),
            )
        )
    return foci, places


def compression(vertebra: Vertebra, collapse: Collapse, x: Field, y: Field) -> Field:
    """Height left at each place of the body, as a share in (0, 1]; 1 behind the posterior wall."""
    size, wall = vertebra.size, vertebra.posterior_wall_y
    forward = np.clip((y - f32(wall)) / f32(size.depth * 0.93), 0, 1)
    if collapse.shape == "wedge":
        profile = f32(1.25) * forward ** f32(0.8)
    elif collapse.shape == "biconcave":
        middle = 1 - (x / f32(size.width / 2)) ** 2 - (y / f32(size.depth / 2)) ** 2
        profile = f32(1.3) * np.clip(middle, 0, 1) + f32(0.1)
    else:
        profile = f32(0.9) * np.clip(forward * 4, 0, 1)
    profile = profile * (1 + f32(collapse.sideways) * np.clip(x / f32(size.width / 2), -1, 1))
    behind = np.clip((y - f32(wall)) / f32(3.0), 0, 1)
    return 1 - (1 - np.clip(1 - f32(collapse.share) * profile, f32(0.25), 1)) * behind


def uncompressed_height(vertebra: Vertebra, collapse: Collapse, z: Field, left: Field) -> Field:
    """Where a point of the collapsed vertebra lay before the collapse, in mm along z."""
    height = f32(vertebra.size.height)
    if collapse.shape == "wedge":
        # The lower endplate holds; everything above it comes down.
        low = -height / 2
        return low + np.maximum(z - low, 0) / left + np.minimum(z - low, 0)
    return np.where(np.abs(z) < height, z / left, z)


def focus_membership(disease: Disease, x: Field, y: Field, z: Field) -> tuple[Field, Field]:
    """How far each point lies inside a focus, in [0, 1], and the noise that ragged its edge."""
    draw = np.random.default_rng(disease.ragged)
    noise = np.zeros_like(x)
    for _ in range(10):
        wave = draw.normal(0, 1, 3)
        wave *= draw.uniform(0.25, 0.75) / np.linalg.norm(wave)
        phase = draw.uniform(0, 2 * np.pi)
        noise += np.sin(f32(wave[0]) * x + f32(wave[1]) * y + f32(wave[2]) * z + f32(phase))
    distance = np.full_like(x, np.inf)
    for focus in disease.foci:
        to_centre = np.sqrt((x - f32(focus.x)) ** 2 + (y - f32(focus.y)) ** 2 + (z - f32(focus.z)) ** 2)
        distance = np.minimum(distance, to_centre - f32(focus.radius) + noise * f32(0.7))
    return np.clip(f32(0.5) - distance / f32(2.5), 0, 1), noise
