"""The control that "real" has not come to mean "intact": disease put into real films nobody learnt from."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mvm_core.cohort.marked_films import MarkedFilm
from mvm_core.examination.places import box_of
from mvm_core.imaging import read_film
from mvm_core.models.disease import DiseaseReader
from mvm_core.radiograph import Radiograph, View
from mvm_core.spine import Vertebra
from mvm_core.spine.ruler import measure
from mvm_core.training.implants import KINDS, implant, sham
from mvm_core.validation import Rate, rate_with_interval
from mvm_core.validation.rates import rate_text

SEVERITIES = (0.25, 0.5, 0.75, 1.0)
_LEVELS = ("T10", "T11", "T12", "L1", "L2", "L3", "L4", "L5")
_SEED = 71


@dataclass(frozen=True)
class Implants:
    """How often vertebrae are said to be diseased.

    Attributes
    ----------
    ill : mapping of (kind, severity) to Rate
        With disease put in.
    sham : Rate
        After the same machinery with an effect within what is normal.
    intact : Rate
        Left alone, of the same films.
    """

    ill: dict[tuple[str, float], Rate]
    sham: Rate
    intact: Rate

    @property
    def all_ill(self) -> Rate:
        """Over all kinds and severities."""
        return rate_with_interval(
            sum(rate.successes for rate in self.ill.values()), sum(rate.total for rate in self.ill.values())
        )


def check_implants(
    films: Sequence[MarkedFilm],
    reader: DiseaseReader,
    progress: Callable[[int, int], None] | None = None,
) -> Implants:
    """Put disease of each kind and severity into one vertebra of each AP film, and read it and another.

    Boxes are those of the marks, and the scale is the vertebral ruler's, so that the disease network alone is
    judged.

    Raises
    ------
    FilmError
        If a film cannot be read.
    """
    asked = [(kind, severity) for kind in KINDS[View.AP] for severity in SEVERITIES]
    flagged: dict[tuple[str, float], list[bool]] = {key: [] for key in asked}
    shams: list[bool] = []
    intact: list[bool] = []
    ap = [film for film in films if film.view is View.AP]
    for done, marked in enumerate(ap, start=1):
        draw = np.random.default_rng([_SEED, done])
        film, vertebrae = _to_scale(marked)
        own = [vertebra for vertebra in vertebrae if vertebra.level in _LEVELS]
        if len(own) > 1 and film.mm_per_pixel is not None:
            chosen, other = (own[int(place)] for place in draw.permutation(len(own))[:2])
            for kind, severity in asked:
                ill = implant(film.pixels, chosen.corners, kind, severity, View.AP, draw).pixels
                flagged[kind, severity].append(_flagged(reader, film, ill, chosen))
            shams.append(_flagged(reader, film, sham(film.pixels, chosen.corners, View.AP, draw), chosen))
            intact.append(_flagged(reader, film, film.pixels, other))
        if progress is not None:
            progress(done, len(ap))
    return Implants(
        {key: rate_with_interval(sum(said), len(said)) for key, said in flagged.items()},
        rate_with_interval(sum(shams), len(shams)),
        rate_with_interval(sum(intact), len(intact)),
    )


def _to_scale(marked: MarkedFilm) -> tuple[Radiograph, tuple[Vertebra, ...]]:
    vertebrae = tuple(
        Vertebra(level, 1.0, 1.0, corners)
        for level, corners in zip(marked.levels, marked.corners, strict=True)
    )
    scale = measure(vertebrae, marked.view)
    film = read_film(marked.path)
    return replace(film, mm_per_pixel=scale.mm_per_pixel if scale else None), vertebrae


def _flagged(reader: DiseaseReader, film: Radiograph, pixels: Any, vertebra: Vertebra) -> bool:
    changed = replace(film, pixels=pixels)
    return reader.read({View.AP: changed}, [{View.AP: box_of(vertebra)}])[0].diseased


def implants_as_dict(found: Implants) -> dict[str, Any]:
    """Describe the control with plain types, ready for JSON."""

    def told(rate: Rate) -> dict[str, Any]:
        return {"flagged": rate.successes, "n": rate.total}

    return {
        "ill": [
            {"kind": kind, "severity": severity, **told(rate)} for (kind, severity), rate in found.ill.items()
        ],
        "all": told(found.all_ill),
        "sham": told(found.sham),
        "intact": told(found.intact),
    }


def implants_as_text(found: Implants) -> str:
    """Write the control as a table."""
    lines = ["Disease put into real AP films, vertebrae flagged:"]
    for kind in dict.fromkeys(kind for kind, _ in found.ill):
        shares = "  ".join(f"{severity:g}: {found.ill[kind, severity].value:.2f}" for severity in SEVERITIES)
        lines.append(f"  {kind:<20}{shares}")
    return "\n".join(
        [
            *lines,
            f"  all kinds and severities {rate_text(found.all_ill)}",
            f"  sham {rate_text(found.sham)}",
            f"  other vertebra of the same film, left alone {rate_text(found.intact)}",
        ]
    )
