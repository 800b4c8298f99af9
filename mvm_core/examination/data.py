"""Examination: everything that is said of a pair of films, as plain frozen data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mvm_core.imaging import Concern
from mvm_core.models.distance import FilmDistance
from mvm_core.models.reading import Reading, Zone
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.spine import Spine


@dataclass(frozen=True)
class LevelReading:
    """One vertebra, read on the films that show it.

    Attributes
    ----------
    level : str
        As in `mvm_core.spine.LEVELS`; empty for a box drawn where no vertebra was found.
    ap_box, lateral_box : Box or None
        Around the body, in film coordinates; None on a film that does not show it.
    probability_disease : float
        That anything is wrong with this vertebra, in [0, 1].
    disease_point : float
        From which probability of disease on it counts as diseased; it differs with the films that show it.
    probability_mvm : float or None
        That it is a metastasis rather than a benign fracture, given that it is diseased, in [0, 1]; None
        where nothing is seen.
    zone : Zone
    """

    level: str
    ap_box: Box | None
    lateral_box: Box | None
    probability_disease: float
    disease_point: float
    probability_mvm: float | None
    zone: Zone

    def box(self, view: View) -> Box | None:
        """The box on the film of one view."""
        return self.ap_box if view is View.AP else self.lateral_box


@dataclass(frozen=True)
class Examination:
    """Everything that is said of a pair of films.

    Attributes
    ----------
    pair : FilmPair
        The films, to scale where the spine tells it, with boxes around the level in question.
    spines : mapping of View to Spine
        What was found on each film.
    levels : tuple of LevelReading
        Every level that was read, from above.
    level_in_question : str or None
        The level read in full, empty for a box drawn where no vertebra was found; None where nothing is seen,
        or no vertebra was found and nobody drew a box.
    reading : Reading or None
        The full reading of the level in question.
    pointed_at : bool
        Whether a person chose the level, by a click or a box.
    warnings : tuple of str
        What a reader of the result should know, one sentence each; those of the reading and of `concerns`
        included.
    concerns : tuple of Concern
        Named warnings: of films that may not belong together, and of films that are hard to read.
    notice : str
        What the weights were trained on, and that this is no medical device.
    weights_id, finder_id, disease_id : str
        The first twelve digits of the SHA-256 of the manifests of readings, finder and disease network.
    distances : mapping of View to FilmDistance
        How unlike the training films each film is at the level in question, or where nothing is seen at the
        level most likely diseased; empty where the weights hold no rule for that.
    """

    pair: FilmPair
    spines: Mapping[View, Spine]
    levels: tuple[LevelReading, ...]
    level_in_question: str | None
    reading: Reading | None
    pointed_at: bool
    warnings: tuple[str, ...]
    concerns: tuple[Concern, ...] = ()
    notice: str = ""
    weights_id: str = ""
    finder_id: str = ""
    disease_id: str = ""
    distances: Mapping[View, FilmDistance] = field(default_factory=dict)

    @property
    def unlike(self) -> bool:
        """Whether any film is unlike the training films, so that no verdict on these films should count."""
        return any(found.unlike for found in self.distances.values())

    @property
    def names_probability(self) -> float:
        """That the levels are named rightly, on the film where this is least sure; 1 where none was named."""
        found = [each for spine in self.spines.values() for each in spine.vertebrae]
        return min((each.level_probability for each in found), default=1.0)

    @property
    def nothing_seen(self) -> bool:
        """Whether levels were read and none of them looks diseased."""
        return bool(self.levels) and all(level.zone is Zone.NOTHING_SEEN for level in self.levels)
