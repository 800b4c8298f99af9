"""Which study a row of labels means, of the films that may belong to it; what speaks against that."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from mvm_core.cohort_import.films import FilmFile
from mvm_core.cohort_import.labels import LabelRow
from mvm_core.cohort_import.spelling import folded
from mvm_core.language import gettext


@dataclass(frozen=True)
class Meant:
    """The studies that a row may mean: one where all is well.

    Attributes
    ----------
    studies : mapping of str to sequence of FilmFile
        By Study Instance UID, the newest first.
    doubts : tuple of str
        What a person should settle, one clause each.
    """

    studies: Mapping[str, Sequence[FilmFile]]
    doubts: tuple[str, ...] = ()

    @property
    def films(self) -> list[FilmFile]:
        """Of all these studies."""
        return [film for films in self.studies.values() for film in films]


def meant_by(row: LabelRow, films: Sequence[FilmFile], other_ways: Collection[str] = ()) -> Meant:
    """The studies of a row: by accession number, else by patient, and by date where that tells.

    Parameters
    ----------
    row : LabelRow
    films : sequence of FilmFile
        All of studies that it may mean, however its patient or number is written.
    other_ways : collection of str
        How other rows write its patient.
    """
    number, patient = folded(row.accession), folded(row.patient)
    own = [film for film in films if number and folded(film.accession) == number]
    by_number = bool(own)
    if not own:
        own = [film for film in films if patient and folded(film.patient) == patient]
    doubts = list(_spelling_doubts(row, own, other_ways))
    if by_number and patient and any(film.patient and folded(film.patient) != patient for film in own):
        doubts.append(gettext("the study with this accession number is of another patient"))
    of_day = [film for film in own if film.date == row.date]
    if row.date and of_day:
        own = of_day
    elif row.date and any(film.date for film in own):
        doubts.append(_other_day(row.date, [film.date for film in own if film.date]))
    studies = dict.fromkeys(film.study for film in sorted(own, key=lambda film: film.date, reverse=True))
    # with films of the study that another patient's name stands on: whoever looks at them should know
    return Meant({study: [each for each in films if each.study == study] for study in studies}, tuple(doubts))


def days_before(films: Sequence[FilmFile]) -> dict[str, int | None]:
    """Of each film by how many days it is older than the newest one; None where a date is not told."""
    days = {film.identity: _day(film.date) for film in films}
    newest = max((day for day in days.values() if day is not None), default=None)
    return {
        identity: (newest - day).days if newest is not None and day is not None else None
        for identity, day in days.items()
    }


def _spelling_doubts(row: LabelRow, own: Sequence[FilmFile], other_ways: Collection[str]) -> Iterator[str]:
    in_films = {film.patient for film in own if film.patient}
    written = {each for each in in_films if folded(each) == folded(row.patient)}
    if row.patient and written - {row.patient}:
        yield gettext("the films write this patient in another way: is it the same one?")
    elif other_ways:
        yield gettext("other rows write this patient in another way: is it the same one?")
    numbers = {film.accession for film in own if folded(film.accession) == folded(row.accession)}
    if row.accession and numbers - {row.accession}:
        yield gettext("the films write this accession number in another way: is it the same one?")


def _other_day(said: str, dates: Sequence[str]) -> str:
    wanted = _day(said)
    apart = [
        abs((wanted - day).days) for each in dates if wanted is not None and (day := _day(each)) is not None
    ]
    if not apart:
        return gettext("no film is of the row's date")
    return gettext("no film is of the row's date; the nearest is {days} days off", days=min(apart))


def _day(said: str) -> datetime | None:
    try:
        return datetime.strptime(said, "%Y%m%d")
    except ValueError:
        return None
