"""Films of an archive -> what is read together: an AP and a lateral film of one study, or a film alone."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from mvm_core.cluster.index import FilmEntry
from mvm_core.radiograph import View

ASSUMED = "nothing tells its view, so it is taken for the {view} film"
MANY = (
    "its study holds several films of one view and nothing tells which belong together, so it is read alone"
)


@dataclass(frozen=True)
class Together:
    """One or two films that are read together.

    Attributes
    ----------
    case_id : str
        The study's identifier, with the film's name where it is read alone beside others of its study; the
        file's path where nothing tells the study.
    ap, lateral : FilmEntry or None
    notes : tuple of str
        How the films came to be read so, where that is in doubt.
    described : mapping of str to str, optional
        What is known of the case, by the columns of a predictions table.
    """

    case_id: str
    ap: FilmEntry | None
    lateral: FilmEntry | None
    notes: tuple[str, ...] = ()
    described: Mapping[str, str] | None = None

    @property
    def films(self) -> dict[View, FilmEntry]:
        """The films that are there, by view."""
        both = {View.AP: self.ap, View.LATERAL: self.lateral}
        return {view: film for view, film in both.items() if film is not None}


def pair_by_study(entries: Iterable[FilmEntry]) -> list[Together]:
    """Pair the films of each study; every film is in exactly one of what is given, in a fixed order.

    The only AP and the only lateral film of a study are a pair; so are those of one body part, where the
    study has several of a view. Other films are read alone.
    """
    studies: dict[str, list[FilmEntry]] = defaultdict(list)
    for entry in entries:
        studies[entry.header.study or f"\0{entry.place.storage}\0{entry.place.named}"].append(entry)
    found = [each for study in studies.values() for each in _of_study(study)]
    return sorted(found, key=lambda each: each.case_id)


def _of_study(films: Sequence[FilmEntry]) -> Iterator[Together]:
    ordered = sorted(films, key=lambda film: film.place.named)
    sound = [film for film in ordered if not film.problem]
    yield from (_alone(film, len(ordered) > 1) for film in ordered if film.problem)
    pair = _pair(sound)
    if pair is not None:
        yield pair
        return
    parts: dict[str, list[FilmEntry]] = defaultdict(list)
    for film in sound:
        parts[film.header.body_part].append(film)
    for part, own in parts.items():
        pair = _pair(own) if part and len(parts) > 1 else None
        if pair is not None:
            name = f"{pair.case_id}/{part}" if len(own) < len(ordered) else pair.case_id
            yield Together(name, pair.ap, pair.lateral, pair.notes)
        else:
            yield from (_alone(film, len(ordered) > 1) for film in own)


def _pair(films: Sequence[FilmEntry]) -> Together | None:
    """The pair that two films are, whose views differ or of which one is unknown."""
    if len(films) != 2:
        return None
    first, second = sorted(films, key=lambda film: (film.header.view is None, film.header.view or ""))
    view = first.header.view
    if view is None or second.header.view is view:
        return None
    other = View.LATERAL if view is View.AP else View.AP
    by_view = {view: first, other: second}
    notes = () if second.header.view is not None else (_assumed(second, other),)
    return Together(first.header.study, by_view[View.AP], by_view[View.LATERAL], notes)


def _alone(film: FilmEntry, among_others: bool) -> Together:
    study, view = film.header.study, film.header.view or View.AP
    name = f"{study}/{film.place.named}" if study and among_others else study or film.place.named
    notes = [f"{film.place.short}: {MANY}."] if among_others and study and not film.problem else []
    if film.header.view is None:
        notes.append(_assumed(film, view))
    by_view = {view: film}
    return Together(name, by_view.get(View.AP), by_view.get(View.LATERAL), tuple(notes))


def _assumed(film: FilmEntry, view: View) -> str:
    return f"{film.place.short}: {ASSUMED.format(view=view.label)}."
