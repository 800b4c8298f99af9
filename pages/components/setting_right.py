"""Films that look turned, mirrored or swapped: what to say, and how to set them right."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mvm_core.examination import Examination
from mvm_core.imaging import mirrored, swap, turned
from mvm_core.language import gettext, gettext_noop
from mvm_core.radiograph import FilmPair, Radiograph, View
from mvm_core.spine import Spine

SURE_OF_VIEW = 0.8
"""How probable another view must be before it is proposed."""

_TURNS = {
    90: gettext_noop("turned by 90 degrees clockwise"),
    180: gettext_noop("upside down"),
    270: gettext_noop("turned by 90 degrees anticlockwise"),
}


@dataclass(frozen=True)
class Proposal:
    """What is wrong with how one film hangs.

    Attributes
    ----------
    view : View
        Where the film hangs.
    film : str
        Its name.
    turned_degrees : {0, 90, 180, 270}
        How far it is turned clockwise.
    mirrored : bool
        Whether left and right are interchanged.
    shows : View or None
        The other view, where the film shows that.
    """

    view: View
    film: str
    turned_degrees: int = 0
    mirrored: bool = False
    shows: View | None = None

    @property
    def sentence(self) -> str:
        """What is said of the film."""
        looks = []
        if self.turned_degrees:
            looks.append(gettext(_TURNS[self.turned_degrees]))
        if self.mirrored:
            looks.append(gettext("mirrored"))
        if self.shows is not None:
            looks.append(
                gettext("like an AP film") if self.shows is View.AP else gettext("like a lateral film")
            )
        return gettext("{film} looks {looks}.", film=self.film, looks=gettext(" and ").join(looks))


def proposals(pair: FilmPair, examination: Examination) -> tuple[Proposal, ...]:
    """What looks wrong with how the films hang; empty where nothing does."""
    found = []
    for view in pair.views:
        spine = examination.spines.get(view)
        if spine is None or spine.refused is not None:
            continue
        shows = _shown_instead(spine, view)
        looks_ap = (shows or view) is View.AP
        proposal = Proposal(view, spine.film, spine.turned_degrees, spine.mirrored and looks_ap, shows)
        if proposal.turned_degrees or proposal.mirrored or proposal.shows is not None:
            found.append(proposal)
    return tuple(found)


def can_be_set_right(pair: FilmPair, found: Sequence[Proposal]) -> bool:
    """Whether anything of what looks wrong can be mended."""
    return _swapped(pair, found) or any(each.turned_degrees or each.mirrored for each in found)


def set_right(pair: FilmPair, found: Sequence[Proposal]) -> FilmPair:
    """Turn, mirror and swap the films as proposed; boxes on films that are turned or mirrored go."""
    upright = pair
    for proposal in found:
        film = pair.film(proposal.view)
        if film is not None and (proposal.turned_degrees or proposal.mirrored):
            upright = with_film(upright, proposal.view, _upright(film, proposal))
    return swap(upright) if _swapped(pair, found) else upright


def with_film(pair: FilmPair, view: View, film: Radiograph) -> FilmPair:
    """The pair with another film at one place; a box drawn on the film before goes."""
    if view is View.AP:
        return replace(pair, ap=film, ap_box=None)
    return replace(pair, lateral=film, lateral_box=None)


def _swapped(pair: FilmPair, found: Sequence[Proposal]) -> bool:
    """Whether each film shows the other view; two films of one view cannot be swapped."""
    return bool(found) and sum(each.shows is not None for each in found) == len(pair.views)


def _shown_instead(spine: Spine, view: View) -> View | None:
    other = View.LATERAL if view is View.AP else View.AP
    probability = spine.view_probability if spine.view is other else 1 - spine.view_probability
    return other if probability >= SURE_OF_VIEW else None


def _upright(film: Radiograph, proposal: Proposal) -> Radiograph:
    film = turned(film, -proposal.turned_degrees)
    return mirrored(film) if proposal.mirrored else film
