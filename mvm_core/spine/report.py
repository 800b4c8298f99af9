"""A spine as a document for programs and as a table for people."""

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from mvm_core.spine.angles import angles
from mvm_core.spine.spine import Spine


def spine_as_dict(file: str, spine: Spine, film_height: int) -> dict[str, Any]:
    """Describe a spine with plain types, ready for JSON; corners in pixels of the film as stored."""
    return {
        "file": file,
        "view": spine.view.value,
        "view_probability": spine.view_probability,
        "turned_degrees": spine.turned_degrees,
        "mirrored": spine.mirrored,
        "mm_per_pixel": spine.scale.mm_per_pixel,
        "mm_per_pixel_source": spine.scale.source,
        "mm_per_pixel_relative_error": spine.scale.relative_error,
        "refused": spine.refused,
        "vertebrae": [
            {
                "level": vertebra.level,
                "level_probability": vertebra.level_probability,
                "probability": vertebra.probability,
                "corners": _rounded(vertebra.corners),
                "middles": None if vertebra.middles is None else _rounded(vertebra.middles),
            }
            for vertebra in spine.vertebrae
        ],
        "angles": [asdict(angle) for angle in angles(spine, film_height)],
        "doubts": list(spine.doubts),
    }


def _rounded(points: NDArray[np.float64]) -> list[list[float]]:
    return [[round(float(x), 2), round(float(y), 2)] for x, y in points]


def spine_as_text(spine: Spine, film_height: int) -> str:
    """Write a spine as one paragraph."""
    head = f"{spine.film}: {spine.view.label} film ({spine.view_probability:.2f})"
    if spine.turned_degrees:
        head += f", turned by {spine.turned_degrees} degrees"
    if spine.refused is not None:
        return f"{head}; refused: {spine.refused}"
    scale = spine.scale
    if scale.mm_per_pixel is not None:
        head += f", {scale.mm_per_pixel:.3f} mm a pixel ({scale.source})"
    lines = [head]
    for vertebra in spine.vertebrae:
        x, y = vertebra.centre
        lines.append(f"  {vertebra.level:<4}{vertebra.probability:.2f}  at {x:7.1f} {y:7.1f}")
    for angle in angles(spine, film_height):
        lines.append(f"  {angle.name} {angle.upper} to {angle.lower}: {angle.degrees:.0f} degrees")
    return "\n".join([*lines, *(f"  {doubt}" for doubt in spine.doubts)])
