"""A prepared challenge: its cases with films, truth and the model's answer, as they lie in a folder."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from mvm_core.errors import ChallengeError
from mvm_core.files import write_atomically
from mvm_core.language import gettext
from mvm_core.radiograph import View

RECORD = "challenge.json"
FORMAT = 1
KINDS = ("mixed", "no-sign", "one-finding")
"""Which patients: as they come; none with a visible finding; each with exactly one."""

Points = tuple[tuple[float, float], ...]
Square = tuple[float, float, float]


@dataclass(frozen=True)
class ChallengeFilm:
    """One film of a case.

    Attributes
    ----------
    view : View
    picture : str
        File name of the film as JPEG, in the challenge's folder.
    rows, columns : int
        Of the film in pixels.
    vertebrae : tuple of (str, tuple of (x, y))
        Level and four corners of each vertebra found, from above, in film coordinates.
    lesion : tuple of tuple of (x, y)
        Outlines of what the disease changes on the film.
    region : (x0, y0, side) or None
        The square that the networks saw of the film; None where they did not look at it.
    evidence : tuple of tuple of float or None
        The model's map in logits, positive for MVM.
    evidence_region : (x0, y0, side) or None
        The square that the map's cells share out evenly.
    """

    view: View
    picture: str
    rows: int
    columns: int
    vertebrae: tuple[tuple[str, Points], ...]
    lesion: tuple[Points, ...]
    region: Square | None = None
    evidence: tuple[tuple[float, ...], ...] | None = None
    evidence_region: Square | None = None


@dataclass(frozen=True)
class ModelAnswer:
    """What the model says of a case, films unmarked.

    Attributes
    ----------
    reading : str
        Which of the registry's readings answers.
    probability : float
        Of MVM rather than BVF, in [0, 1].
    level : str
        The level that it asks about: the one most likely diseased.
    zone : str
        A value of `mvm_core.models.Zone`; ``nothing seen`` where it flags no level.
    flagged : tuple of str
        Levels that it takes for diseased, from above.
    """

    reading: str
    probability: float
    level: str
    zone: str
    flagged: tuple[str, ...]


@dataclass(frozen=True)
class Case:
    """One patient of the challenge.

    Attributes
    ----------
    number : int
        From 1.
    label : {'mvm', 'bvf'}
    level : str
        The vertebra in question.
    diseased : tuple of str
        Every vertebra with the patient's disease, the one in question among them.
    kind : str
        As in `mvm_core.simulation.settings.KINDS_BY_LABEL`.
    genant : int
        Grade of the vertebra in question, 0 to 3.
    signs : tuple of str
        Findings of it that a film shows, as `mvm_core.simulation.signs.SIGN_NAMES`.
    age : int
        In years.
    sex : {'F', 'M'}
    levels : tuple of str
        Those that can be pointed at, from above.
    films : tuple of ChallengeFilm
    model : ModelAnswer
    """

    number: int
    label: str
    level: str
    diseased: tuple[str, ...]
    kind: str
    genant: int
    signs: tuple[str, ...]
    age: int
    sex: str
    levels: tuple[str, ...]
    films: tuple[ChallengeFilm, ...]
    model: ModelAnswer

    @property
    def is_mvm(self) -> bool:
        """Whether it is a metastasis."""
        return self.label == "mvm"


@dataclass(frozen=True)
class Challenge:
    """A prepared challenge.

    Attributes
    ----------
    folder : Path
    identity : str
        First digits of the SHA-256 of its record: answers belong to one challenge.
    kind : str
        One of `KINDS`.
    seed : int
        The organiser's.
    patient_seed : int
        Made of it and of the weights, see `mvm_core.challenge.preparing`.
    timed : bool
        Whether visitors are told their time.
    weights : str
        SHA-256 of the manifest of the weights that answered.
    notice : str
        What these were trained on.
    passed_over : int
        Patients drawn that the kind, or a level that was not found, left out.
    cases : tuple of Case
    """

    folder: Path
    identity: str
    kind: str
    seed: int
    patient_seed: int
    timed: bool
    weights: str
    notice: str
    passed_over: int
    cases: tuple[Case, ...]

    def case(self, number: int) -> Case:
        """A case by its number, from 1."""
        return self.cases[number - 1]

    def picture(self, film: ChallengeFilm) -> bytes:
        """A film as JPEG.

        Raises
        ------
        ChallengeError
            If the file is gone.
        """
        path = self.folder / film.picture
        try:
            return path.read_bytes()
        except OSError as error:
            raise _malformed(path, error) from None


def write_challenge(folder: Path, about: Mapping[str, Any], cases: tuple[Case, ...]) -> Challenge:
    """Write the record of a challenge whose pictures lie in the folder already.

    Parameters
    ----------
    folder : Path
    about : mapping
        The fields of `Challenge` between `identity` and `cases`.
    cases : tuple of Case

    Raises
    ------
    OutputError
        If the folder cannot be written to.
    """
    record = {"format": FORMAT, **about, "cases": [asdict(case) for case in cases]}
    write_atomically(folder / RECORD, json.dumps(record, separators=(",", ":")).encode())
    return read_challenge(folder)


def read_challenge(folder: Path) -> Challenge:
    """Read a prepared challenge.

    Raises
    ------
    ChallengeError
        If the folder holds none, or a damaged one.
    """
    path = folder / RECORD
    if not path.is_file():
        raise ChallengeError(
            str(folder),
            gettext("no challenge has been prepared there"),
            f"run python -m mvm_core challenge prepare {folder}",
        )
    try:
        content = path.read_bytes()
        said = json.loads(content)
        if said["format"] != FORMAT:
            raise ValueError(f"format {said['format']}, expected {FORMAT}")
        cases = tuple(_case(each) for each in said["cases"])
        if not cases or [case.number for case in cases] != list(range(1, len(cases) + 1)):
            raise ValueError("cases are not numbered from 1")
        challenge = Challenge(
            folder=folder,
            identity=hashlib.sha256(content).hexdigest()[:16],
            kind=str(said["kind"]),
            seed=int(said["seed"]),
            patient_seed=int(said["patient_seed"]),
            timed=bool(said["timed"]),
            weights=str(said["weights"]),
            notice=str(said["notice"]),
            passed_over=int(said["passed_over"]),
            cases=cases,
        )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise _malformed(path, error) from None
    for case in challenge.cases:
        for film in case.films:
            if not (folder / film.picture).is_file():
                raise _malformed(folder / film.picture, FileNotFoundError("it is missing"))
    return challenge


def _case(said: Mapping[str, Any]) -> Case:
    whole = ("diseased", "signs", "levels")
    model = said["model"]
    return Case(
        **{
            **said,
            **{name: tuple(said[name]) for name in whole},
            "films": tuple(_film(each) for each in said["films"]),
            "model": ModelAnswer(**{**model, "flagged": tuple(model["flagged"])}),
        }
    )


def _film(said: Mapping[str, Any]) -> ChallengeFilm:
    return ChallengeFilm(
        **{
            **said,
            "view": View(said["view"]),
            "picture": Path(said["picture"]).name,
            "vertebrae": tuple((level, _points(corners)) for level, corners in said["vertebrae"]),
            "lesion": tuple(_points(line) for line in said["lesion"]),
            "region": _square(said["region"]),
            "evidence": None if said["evidence"] is None else tuple(map(tuple, said["evidence"])),
            "evidence_region": _square(said["evidence_region"]),
        }
    )


def _points(said: Any) -> Points:
    return tuple((float(x), float(y)) for x, y in said)


def _square(said: Any) -> Square | None:
    if said is None:
        return None
    x0, y0, side = said
    return float(x0), float(y0), float(side)


def _malformed(path: Path, error: Exception) -> ChallengeError:
    return ChallengeError(
        str(path),
        f"the challenge is damaged ({error})",
        f"prepare it anew: python -m mvm_core challenge prepare {path.parent}",
    )
