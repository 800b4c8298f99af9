"""FilmPair -> Examination: the spine found, every level read, the level in question read in full."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from mvm_core.imaging import Concern, check_film, check_pair, check_region
from mvm_core.language import gettext, gettext_noop
from mvm_core.models.disease import DiseaseReader, DiseaseResult
from mvm_core.models.distance import FilmDistance
from mvm_core.models.distance_words import distance_concerns
from mvm_core.models.reader import Reader
from mvm_core.models.reading import Reading, Zone
from mvm_core.radiograph import Box, FilmPair, Radiograph, View
from mvm_core.spine import LEVELS, RULER, Finder, Spine
from mvm_core.spine.numbering import better_numbering

_BOX_MARGIN = 0.12
"""Of a body's height, around the body on each side."""

READ_LEVELS = LEVELS[LEVELS.index("T8") : LEVELS.index("S1")]
"""Levels that are asked for disease: those of which intact and diseased ones were learnt from."""

_LEAST_THERE = 0.3


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
    def nothing_seen(self) -> bool:
        """Whether levels were read and none of them looks diseased."""
        return bool(self.levels) and all(level.zone is Zone.NOTHING_SEEN for level in self.levels)


class Examiner:
    """Finds the spine on a pair of films and reads every level; may be used from several threads.

    Make it with `Examiner.open`, which shares all graphs within the process.

    Examples
    --------
    >>> found = Examiner.open().examine(FilmPair(ap=film))  # doctest: +SKIP
    >>> found.level_in_question  # doctest: +SKIP
    """

    def __init__(self, reader: Reader, finder: Finder, disease: DiseaseReader) -> None:
        self.reader, self.finder, self.disease = reader, finder, disease

    @classmethod
    def open(cls, folder: Path | None = None) -> "Examiner":
        """Open a weights folder; a finder or a disease network that it lacks is the shipped one.

        Raises
        ------
        WeightsError
            If the folder is not a complete weights folder.
        """
        reader = Reader.open(folder)
        return cls(reader, Finder.open(reader.weights.folder), DiseaseReader.open(reader.weights.folder))

    def examine(
        self, pair: FilmPair, spines: Mapping[View, Spine] | None = None, level: str | None = None
    ) -> Examination:
        """Find the spine, read every level, and read the level in question in full.

        Parameters
        ----------
        pair : FilmPair
            Boxes in it were drawn by a person, and win.
        spines : mapping of View to Spine, optional
            Found before, or corrected by a person; the others are found.
        level : str, optional
            The level that a person picked; else the one most likely diseased.

        Raises
        ------
        ValueError
            If the pair holds no film.
        SameFilmError
            If both films are the same.
        WeightsError
            If a graph cannot be loaded.
        """
        against = check_pair(pair)
        found = {view: (spines or {}).get(view) or self._find(pair, view) for view in pair.views}
        pair = _to_scale(pair, found)
        films = pair.films
        places = _places(found)
        results = dict(zip(places, self.disease.read(films, list(places.values())), strict=True))
        levels = {name: self._level(name, places[name], result) for name, result in results.items()}
        drawn = pair.boxes
        asked = level if level in levels else _most_likely(results)
        if drawn:
            asked = _nearest(drawn, places)
            # A box on one film points at the level; the other film shows it where it was found.
            drawn = {**places.get(asked, {}), **drawn}
            levels[asked] = self._level(asked, drawn, self.disease.read(films, [drawn])[0])
        reading = None
        if asked is not None:
            pair = _at(pair, levels[asked])
            reading = self._read_at(pair, levels[asked])
        for name, own in levels.items():
            if own.zone is not Zone.NOTHING_SEEN:
                in_full = reading if reading is not None and name == asked else self._read_at(pair, own)
                leading = in_full.leading
                levels[name] = replace(own, probability_mvm=leading.probability, zone=leading.zone)
        distances = reading.distances if reading is not None else self._distances(pair, levels)
        concerns = (
            *against,
            *_numbering(pair, found, results),
            *distance_concerns(pair, distances),
            *_quality(pair, found, asked, reading),
        )
        told = (*(concern.sentence for concern in concerns), *_warnings(pair, found))
        return Examination(
            pair=pair,
            spines=found,
            levels=tuple(levels[name] for name in sorted(levels, key=_from_above)),
            level_in_question=asked,
            reading=reading,
            pointed_at=bool(drawn) or level in levels,
            warnings=tuple(dict.fromkeys((*told, *(reading.warnings if reading else ())))),
            concerns=concerns,
            notice=self.reader.weights.notice,
            weights_id=self.reader.weights.identity[:12],
            finder_id=self.finder.weights.identity[:12],
            disease_id=self.disease.weights.identity[:12],
            distances=distances,
        )

    def _find(self, pair: FilmPair, view: View) -> Spine:
        film = pair.film(view)
        if film is None:
            raise ValueError(f"the pair has no {view.label} film")
        return self.finder.find(film)

    def _level(self, name: str, boxes: Mapping[View, Box], result: DiseaseResult) -> LevelReading:
        return LevelReading(
            level=name,
            ap_box=boxes.get(View.AP),
            lateral_box=boxes.get(View.LATERAL),
            probability_disease=result.probability,
            disease_point=result.point,
            probability_mvm=None,
            zone=Zone.INDETERMINATE if result.diseased else Zone.NOTHING_SEEN,
        )

    def _distances(self, pair: FilmPair, levels: Mapping[str, LevelReading]) -> Mapping[View, FilmDistance]:
        """Of the level most likely diseased, where none is read in full."""
        if not levels or self.reader.rule is None:
            return {}
        highest = max(levels.values(), key=lambda level: level.probability_disease)
        return self.reader.distances(_shown(_at(pair, highest)))

    def _read_at(self, pair: FilmPair, level: LevelReading) -> Reading:
        """Read a level in full; whether it is diseased, the scan of all levels has said."""
        reading = self.reader.read(_shown(_at(pair, level)))
        return reading if level.zone is Zone.NOTHING_SEEN else reading.of_diseased()


def _quality(
    pair: FilmPair, found: Mapping[View, Spine], asked: str | None, reading: Reading | None
) -> Iterator[Concern]:
    """What makes the films, and the regions that are read in full, hard to read."""
    for view in pair.views:
        film, box = pair.film(view), pair.box(view)
        if film is None:
            continue
        yield from check_film(film)
        if box is not None and reading is not None and view in reading.regions:
            vertebra = found[view].by_level.get(asked or "")
            yield from check_region(film, box, asked or "", vertebra.corners if vertebra else None)


def _numbering(
    pair: FilmPair, found: Mapping[View, Spine], results: Mapping[str, DiseaseResult]
) -> Iterator[Concern]:
    """Films whose vertebrae would agree better if those of one had the names of their neighbours."""
    by_hand = any(each.level_probability == 1 for spine in found.values() for each in spine.vertebrae)
    if pair.ap is None or pair.lateral is None or by_hand:
        return
    seen = {
        view: {
            name: (found[view].by_level[name].height, result.logits[view])
            for name, result in results.items()
            if view in result.logits
        }
        for view in View
    }
    move = better_numbering(seen[View.AP], seen[View.LATERAL])
    if move:
        told = gettext(
            "the two films agree better if each vertebra of the lateral film is named one level {where}: "
            "compare them before the levels are believed",
            where=gettext("higher") if move < 0 else gettext("lower"),
        )
        films = f"{pair.ap.name}, {pair.lateral.name}"
        yield Concern(gettext_noop("numbered apart"), films, told, float(move), "levels")


def _at(pair: FilmPair, level: LevelReading) -> FilmPair:
    return replace(pair, ap_box=level.ap_box, lateral_box=level.lateral_box)


def _places(found: Mapping[View, Spine]) -> dict[str, dict[View, Box]]:
    """Each level with a box on each upright film that shows it, from above."""
    places: dict[str, dict[View, Box]] = {}
    for name in READ_LEVELS:
        for view, spine in found.items():
            vertebra = spine.by_level.get(name)
            if vertebra is None or spine.turned_degrees or vertebra.probability < _LEAST_THERE:
                continue
            places.setdefault(name, {})[view] = vertebra.box(_BOX_MARGIN * vertebra.height)
    return places


def _to_scale(pair: FilmPair, found: Mapping[View, Spine]) -> FilmPair:
    """The films with the ruler's pixel size where they state none."""

    def scaled(film: Radiograph | None, view: View) -> Radiograph | None:
        if film is None or film.mm_per_pixel is not None or view not in found:
            return film
        scale = found[view].scale
        return replace(film, mm_per_pixel=scale.mm_per_pixel, spacing_source=scale.source)

    return replace(pair, ap=scaled(pair.ap, View.AP), lateral=scaled(pair.lateral, View.LATERAL))


def _shown(pair: FilmPair) -> FilmPair:
    """The pair without a film that does not show the level in question."""
    if pair.ap_box is not None and pair.lateral_box is None:
        return replace(pair, lateral=None)
    if pair.lateral_box is not None and pair.ap_box is None:
        return replace(pair, ap=None)
    return pair


def _most_likely(results: Mapping[str, DiseaseResult]) -> str | None:
    diseased = {name: result for name, result in results.items() if result.diseased}
    return max(diseased, key=lambda name: diseased[name].probability) if diseased else None


def _nearest(drawn: Mapping[View, Box], places: Mapping[str, Mapping[View, Box]]) -> str:
    """The level on whose body the middle of a drawn box lies; empty where there is none."""
    for name, boxes in places.items():
        for view in drawn.keys() & boxes.keys():
            (x, y), box = drawn[view].centre, boxes[view]
            if box.x0 <= x <= box.x1 and box.y0 <= y <= box.y1:
                return name
    return ""


def _from_above(name: str) -> int:
    return LEVELS.index(name) if name in LEVELS else len(LEVELS)


def _warnings(pair: FilmPair, found: Mapping[View, Spine]) -> tuple[str, ...]:
    warnings: list[str] = []
    for view, spine in found.items():
        film = pair.film(view)
        if film is None:
            continue
        if spine.refused is not None:
            warnings.append(
                gettext(
                    "{film}: {refused}, so no level is read on it.",
                    film=film.name,
                    refused=gettext(spine.refused),
                )
            )
        elif spine.turned_degrees:
            warnings.append(
                gettext(
                    "{film}: the film lies turned by {turned_degrees} degrees, so no level is read on it; "
                    "set it upright.",
                    film=film.name,
                    turned_degrees=spine.turned_degrees,
                )
            )
        elif spine.view is not view:
            warnings.append(
                gettext(
                    "{film}: taken for the {view} film, it looks like a {other} one.",
                    film=film.name,
                    view=view.label,
                    other=spine.view.label,
                )
            )
        if film.spacing_source == RULER:
            share = spine.scale.relative_error
            warnings.append(
                gettext(
                    "{film}: the pixel spacing is unknown; {mm_per_pixel:.2f} mm a pixel is measured from "
                    "the distances between vertebrae (within {share:.0%} or so).",
                    film=film.name,
                    mm_per_pixel=film.mm_per_pixel,
                    share=share,
                )
            )
        warnings.extend(f"{film.name}: {doubt}" for doubt in spine.doubts)
        read = [each for each in spine.vertebrae if each.level in READ_LEVELS]
        faint = [each.level for each in read if each.probability < _LEAST_THERE]
        if faint:
            warnings.append(
                gettext(
                    "{film}: {faint} can hardly be seen, so it is not read there.",
                    film=film.name,
                    faint=", ".join(faint),
                )
            )
    return tuple(warnings)
