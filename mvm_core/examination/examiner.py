"""FilmPair -> Examination: the spine found, every level read, the level in question read in full."""

from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path

from mvm_core.examination.data import Examination, LevelReading
from mvm_core.examination.places import (
    at_level,
    from_above,
    most_likely,
    nearest_level,
    places_of,
    to_scale,
    without_films_off_level,
)
from mvm_core.examination.remarks import (
    film_warnings,
    numbering_concerns,
    placing_concerns,
    quality_concerns,
)
from mvm_core.imaging import check_pair
from mvm_core.models.disease import DiseaseReader
from mvm_core.models.disease_result import DiseaseResult
from mvm_core.models.distance import FilmDistance
from mvm_core.models.distance_words import distance_concerns
from mvm_core.models.reader import Reader
from mvm_core.models.reading import Reading, Zone
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.spine import Finder, Spine


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

    def load(self, views: Collection[View] = tuple(View)) -> None:
        """Load the graphs that films of these views need, in the order in which they are run.

        Raises
        ------
        WeightsError
            If one cannot be loaded.
        """
        self.finder.load()
        self.disease.load()
        self.reader.load(views)

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
        pair = to_scale(pair, found)
        films = pair.films
        places = places_of(found)
        results = dict(zip(places, self.disease.read(films, list(places.values())), strict=True))
        levels = {name: self._level(name, places[name], result) for name, result in results.items()}
        given = drawn = pair.boxes
        asked = level if level in levels else most_likely(results)
        if drawn:
            asked = nearest_level(drawn, places)
            # A box on one film points at the level; the other film shows it where it was found.
            drawn = {**places.get(asked, {}), **drawn}
            (result,) = self.disease.read(films, [drawn], tuple(results.values()))
            levels[asked] = self._level(asked, drawn, result)
        reading = None
        if asked is not None:
            pair = at_level(pair, levels[asked])
            reading = self._read_at(pair, levels[asked])
        for name, own in levels.items():
            if own.zone is not Zone.NOTHING_SEEN:
                in_full = reading if reading is not None and name == asked else self._read_at(pair, own)
                leading = in_full.leading
                levels[name] = replace(own, probability_mvm=leading.probability, zone=leading.zone)
        distances = reading.distances if reading is not None else self._distances(pair, levels, results)
        concerns = (
            *against,
            *numbering_concerns(pair, found, results),
            *placing_concerns(pair, found, given),
            *distance_concerns(pair, distances),
            *quality_concerns(pair, found, asked, reading),
        )
        told = (*(concern.sentence for concern in concerns), *film_warnings(pair, found))
        return Examination(
            pair=pair,
            spines=found,
            levels=tuple(levels[name] for name in sorted(levels, key=from_above)),
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

    def _distances(
        self, pair: FilmPair, levels: Mapping[str, LevelReading], results: Mapping[str, DiseaseResult]
    ) -> Mapping[View, FilmDistance]:
        """Of the level most likely diseased, where none is read in full."""
        if not levels or self.reader.rule is None:
            return {}
        highest = max(levels.values(), key=lambda level: level.probability_disease)
        seen = without_films_off_level(at_level(pair, highest))
        # The scan ran the very networks, on the very squares.
        found = self.reader.distances_of(results[highest.level].means)
        judged = {view for view in seen.views if view in self.reader.rule.views}
        return found if found.keys() == judged else self.reader.distances(seen)

    def _read_at(self, pair: FilmPair, level: LevelReading) -> Reading:
        """Read a level in full; whether it is diseased, the scan of all levels has said."""
        reading = self.reader.read(without_films_off_level(at_level(pair, level)))
        return reading if level.zone is Zone.NOTHING_SEEN else reading.of_diseased()
