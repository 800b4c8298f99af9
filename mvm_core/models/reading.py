"""What comes out of reading a pair of films: plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from mvm_core.imaging.preprocess import Region
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.distance import FilmDistance
from mvm_core.models.registry import QUESTIONS, leading_of
from mvm_core.radiograph import View


class Zone(StrEnum):
    """What is said of a vertebra: nothing seen, or where its probability of MVM lies between two points."""

    NOTHING_SEEN = gettext_noop("nothing seen")
    BVF_LIKELY = gettext_noop("BVF likely")
    INDETERMINATE = gettext_noop("indeterminate")
    MVM_LIKELY = gettext_noop("MVM likely")

    @property
    def said(self) -> str:
        """The zone as it is written for people."""
        return gettext(self.value)


@dataclass(frozen=True)
class OperatingPoints:
    """Two thresholds on the probability, fitted on the tune split.

    Below `high_sensitivity` a benign fracture is likely; at or above `high_specificity` a metastasis is.
    """

    high_sensitivity: float
    high_specificity: float

    def zone(self, probability: float) -> Zone:
        """The zone of a probability in [0, 1]."""
        if probability >= self.high_specificity:
            return Zone.MVM_LIKELY
        if probability < self.high_sensitivity:
            return Zone.BVF_LIKELY
        return Zone.INDETERMINATE


@dataclass(frozen=True)
class EvidenceMap:
    """Evidence of one reading over one film.

    Attributes
    ----------
    values : float32 array, shape (h, w)
        Evidence in logits: positive speaks for MVM, negative for BVF; in maps of disease, for disease and
        against it. Over all the cells of a single reading, mean + bias is its logit. Never rescaled per film.
    region : Region
        The square of the film that the map's cells share out evenly. It lies half a cell off the square that
        the network saw, because that is where its cells look.
    """

    values: NDArray[np.float32] = field(repr=False)
    region: Region

    def on_film(self, shape: tuple[int, int]) -> NDArray[np.float32]:
        """Place the map on its film by bilinear interpolation.

        Parameters
        ----------
        shape : (rows, columns)
            The film's shape in pixels.

        Returns
        -------
        float32 array, shape (rows, columns)
            Evidence in logits; 0 outside the region.
        """
        height, width = self.values.shape
        placed = np.zeros(shape, np.float32)
        box = self.region.box
        top, bottom = max(0, int(np.floor(box.y0))), min(shape[0], int(np.ceil(box.y1)))
        left, right = max(0, int(np.floor(box.x0))), min(shape[1], int(np.ceil(box.x1)))
        if bottom <= top or right <= left:
            return placed
        # Pixel centres in units of map cells, whose centres lie at whole numbers.
        rows = (np.arange(top, bottom) + 0.5 - box.y0) / box.height * height - 0.5
        columns = (np.arange(left, right) + 0.5 - box.x0) / box.width * width - 0.5
        grid_x, grid_y = np.meshgrid(columns.astype(np.float32), rows.astype(np.float32))
        placed[top:bottom, left:right] = cv2.remap(
            self.values, grid_x, grid_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return placed


@dataclass(frozen=True)
class Spread:
    """How far the members of an ensemble lie apart, in probability."""

    lowest: float
    highest: float
    standard_deviation: float


@dataclass(frozen=True)
class ReadingResult:
    """One single reading or one ensemble.

    Attributes
    ----------
    name : str
        As in the registry, e.g. ``merge-ap`` or ``all-views``.
    probability : float
        Calibrated probability of MVM, in [0, 1].
    logit : float or None
        Before the temperature; None for ensembles.
    zone : Zone
        Nothing seen where the probability of disease lies below its point; else from the probability of MVM.
    points : OperatingPoints
        The thresholds that the zone comes from otherwise.
    evidence : mapping of View to EvidenceMap
        One map for each film that the reading looked at. An ensemble's map is the mean of the maps of those
        members that look at the film, each divided by its member's temperature, and so in calibrated logits;
        the calibrations' offsets, which lie at no place of the film, are left out.
    members : tuple of str
        The readings averaged; empty for single readings.
    spread : Spread or None
        None for single readings.
    probability_disease : float or None
        Calibrated probability that anything is wrong with the vertebra, in [0, 1]; None where the networks
        are not asked it.
    disease_point : float or None
        The probability of disease below which nothing is seen.
    disease_logit : float or None
        Before the calibration; None for ensembles too.
    disease_evidence : mapping of View to EvidenceMap
        As `evidence`, positive for disease.
    """

    name: str
    probability: float
    logit: float | None
    zone: Zone
    points: OperatingPoints
    evidence: Mapping[View, EvidenceMap]
    members: tuple[str, ...] = ()
    spread: Spread | None = None
    probability_disease: float | None = None
    disease_point: float | None = None
    disease_logit: float | None = None
    disease_evidence: Mapping[View, EvidenceMap] = field(default_factory=dict)

    @property
    def questions(self) -> tuple[str, ...]:
        """Of `QUESTIONS`, what there is a map for."""
        return QUESTIONS if self.disease_evidence else QUESTIONS[:1]

    def maps(self, question: str) -> Mapping[View, EvidenceMap]:
        """The maps that answer a question of `questions`."""
        return self.disease_evidence if question == "disease" else self.evidence

    def logit_of(self, question: str) -> float | None:
        """The logit of a question of `questions`; None for ensembles."""
        return self.disease_logit if question == "disease" else self.logit


@dataclass(frozen=True)
class Reading:
    """Everything that the models say of a pair of films.

    Attributes
    ----------
    results : mapping of str to ReadingResult
        Ensembles first, then single readings, in the registry's order.
    missing : mapping of str to str
        Readings that could not be made, each with the reason.
    regions : mapping of View to Region
        What the networks saw of each film.
    blank : frozenset of View
        Films on which that square shows one even grey: no map over them means anything.
    warnings : tuple of str
        What a reader of the result should know, one sentence each.
    notice : str
        What the weights were trained on, and that this is no medical device.
    weights_id : str
        The first twelve digits of the SHA-256 of the weights' manifest.
    distances : mapping of View to FilmDistance
        How unlike the training films each film is at this level; empty where the weights hold no rule.
    """

    results: Mapping[str, ReadingResult]
    missing: Mapping[str, str]
    regions: Mapping[View, Region]
    blank: frozenset[View]
    warnings: tuple[str, ...]
    notice: str
    weights_id: str
    distances: Mapping[View, FilmDistance] = field(default_factory=dict)

    @property
    def unlike(self) -> bool:
        """Whether any film is unlike the training films, so that no result of this reading should count."""
        return any(found.unlike for found in self.distances.values())

    @property
    def leading(self) -> ReadingResult:
        """The reading to show first, see `leading_of`."""
        return self.results[leading_of(self.results)]

    def of_diseased(self) -> "Reading":
        """The same of a level that is known to be diseased: every result's zone is one of MVM or BVF."""
        results = {
            name: replace(result, zone=result.points.zone(result.probability))
            for name, result in self.results.items()
        }
        return replace(self, results=results)
