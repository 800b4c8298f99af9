"""Errors as answers: one sentence, and the status code that fits."""

from dataclasses import dataclass

from starlette.responses import JSONResponse

from mvm_core import errors
from mvm_core.errors import FilmError, MvmError, StudyError, WeightsError


@dataclass(eq=False)
class RefusalError(Exception):
    """A request that is not read.

    Attributes
    ----------
    status : int
        Of HTTP.
    sentence : str
    wait_s : int
        After how many seconds it may be worth asking again; 0 where it is not.
    about : MvmError or None
        What the sentence is made from, for apps.
    """

    status: int
    sentence: str
    wait_s: int = 0
    about: MvmError | None = None

    def __reduce__(self) -> tuple[type["RefusalError"], tuple[int, str, int, MvmError | None]]:
        """Travel whole from a worker process."""
        return type(self), (self.status, self.sentence, self.wait_s, self.about)

    def response(self) -> JSONResponse:
        """As it is sent."""
        headers = {"Retry-After": str(self.wait_s)} if self.wait_s else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": self.sentence}, self.status, headers)

    def response_for_apps(self) -> JSONResponse:
        """As it is sent to an app, which shows the error as its own."""
        answer = self.response()
        if self.about is None:
            return answer
        parts = [self.about.subject, self.about.problem, self.about.cure]
        # The nearest kind that both ends know by name.
        kinds = (each.__name__ for each in type(self.about).__mro__ if each.__module__ == errors.__name__)
        told = {"error": self.sentence, "kind": next(kinds), "parts": parts}
        headers = {name: answer.headers[name] for name in ("Retry-After",) if name in answer.headers}
        return JSONResponse(told, self.status, headers)


def refusal_of(error: MvmError) -> RefusalError:
    """The refusal for an error of the reading."""
    if isinstance(error, FilmError | StudyError):
        return RefusalError(422, str(error), about=error)
    if isinstance(error, WeightsError):
        return RefusalError(503, str(error), 30, error)
    return RefusalError(400, str(error), about=error)
