"""A request's form -> a pair of films with boxes; nothing of it touches the disk."""

from dataclasses import dataclass, replace
from typing import Any, Protocol

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

from mvm_core.examination import Examiner
from mvm_core.examination_report import examination_as_dict
from mvm_core.imaging import StudyFile, pair_films, read_film, read_study, with_view
from mvm_core.language import gettext
from mvm_core.radiograph import Box, FilmPair, View
from mvm_core.service.answers import RefusalError
from mvm_core.spine import LEVELS

_VIEWS = {view.value: view for view in View}
_FIELDS = (*_VIEWS, "films", "ap_box", "lateral_box", "level")


class Question(Protocol):
    """What is asked of a reader; it can be sent to another process."""

    def answer(self, examiner: Examiner) -> Any:
        """The answer."""
        ...


@dataclass(frozen=True)
class Asked:
    """What a request asks for: the files as they came, the boxes, and the level."""

    files: tuple[tuple[View | None, StudyFile], ...]
    boxes: tuple[tuple[View, Box], ...]
    level: str | None

    def answer(self, examiner: Examiner) -> dict[str, Any]:
        """What ``predict --json`` says of these films.

        Raises
        ------
        FilmError, StudyError, WeightsError, RefusalError
            See `pair`.
        """
        return examination_as_dict(examiner.examine(self.pair(), level=self.level))

    def pair(self) -> FilmPair:
        """The films, as ``predict`` places them.

        Raises
        ------
        FilmError, StudyError
            If they cannot be read, or are no pair.
        RefusalError
            If a box is given without its film, or lies beside it.
        """
        named = {view: file for view, file in self.files if view is not None}
        if named:
            films = {
                view: with_view(read_film(file.content, file.name), view) for view, file in named.items()
            }
            pair = FilmPair(ap=films.get(View.AP), lateral=films.get(View.LATERAL))
        else:
            pair = pair_films(read_study([file for _, file in self.files]))
        for view, box in self.boxes:
            film = pair.film(view)
            if film is None:
                raise RefusalError(400, f"{view.value}_box: it was given without its film; send both.")
            x, y = box.centre
            if not (0 <= x < film.shape[1] and 0 <= y < film.shape[0]):
                raise RefusalError(
                    400,
                    f"{view.value}_box: its centre lies outside the film of {film.shape[1]} x "
                    f"{film.shape[0]} pixels; move it onto the film.",
                )
        boxes = dict(self.boxes)
        return replace(pair, ap_box=boxes.get(View.AP), lateral_box=boxes.get(View.LATERAL))


async def read_request(request: Request, most_bytes: int) -> Asked:
    """Take the form in.

    Raises
    ------
    RefusalError
        If it is too large, no form, or holds what is not known.
    """
    _check_length(request, most_bytes)
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise RefusalError(415, "The request is no form; send the films as multipart/form-data.")
    # Larger files would else be spooled to the disk.
    MultiPartParser.spool_max_size = most_bytes
    try:
        form = await request.form(max_files=4, max_fields=8, max_part_size=1000)
    except MultiPartException as error:
        raise RefusalError(
            400, f"The form cannot be read: {error.message.rstrip('.')}; send it anew."
        ) from None
    try:
        return await _asked(form)
    finally:
        await form.close()


async def read_body(request: Request, most_bytes: int) -> bytes:
    """Take a body in that is no form.

    Raises
    ------
    RefusalError
        If it is too large.
    """
    _check_length(request, most_bytes)
    return await request.body()


def _check_length(request: Request, most_bytes: int) -> None:
    # A server hands over no more than the length that was stated.
    stated = request.headers.get("content-length", "")
    if not stated.isdigit():
        raise RefusalError(411, "The request does not state its length; send a Content-Length.")
    if int(stated) > most_bytes:
        raise RefusalError(413, f"The request has more than {most_bytes // 10**6} MB; send smaller films.")


async def _asked(form: FormData) -> Asked:
    unknown = [name for name in form if name not in _FIELDS]
    if unknown:
        raise RefusalError(400, f"{unknown[0]}: there is no such field; choose from {', '.join(_FIELDS)}.")
    files: list[tuple[View | None, StudyFile]] = []
    boxes: list[tuple[View, Box]] = []
    level = None
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            if name not in (*_VIEWS, "films"):
                raise RefusalError(400, f"{name}: it is a text, and a file was sent.")
            files.append((_VIEWS.get(name), StudyFile(value.filename or name, await value.read())))
        elif name in (*_VIEWS, "films"):
            raise RefusalError(400, f"{name}: it is a film, and a text was sent; send it as a file.")
        elif name == "level":
            if value not in LEVELS:
                raise RefusalError(400, f"level: {value!r} is none; choose from T1 to L5.")
            level = value
        else:
            boxes.append((_VIEWS[name.removesuffix("_box")], _box(name, value)))
    if not files:
        raise RefusalError(400, "There is no film in the request; send ap, lateral, both, or films.")
    views = [view for view, _ in files]
    if len(set(views)) < len(views) and set(views) != {None}:
        raise RefusalError(400, "One film was sent twice; send one of each view.")
    if len(set(views)) > 1 and None in views:
        raise RefusalError(400, "Films with and without a view were sent; name both, or none.")
    return Asked(tuple(files), tuple(boxes), level)


def _box(name: str, said: str) -> Box:
    try:
        return Box.from_text(said)
    except ValueError:
        wanted = gettext("x0 y0 x1 y1")
        raise RefusalError(400, f"{name}: {said!r} is not a box; give four numbers {wanted!r}.") from None
