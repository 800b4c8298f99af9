"""Errors as answers: one sentence, and the status code that fits."""

from dataclasses import dataclass

from starlette.responses import JSONResponse

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
    """

    status: int
    sentence: str
    wait_s: int = 0

    def response(self) -> JSONResponse:
        """As it is sent."""
        headers = {"Retry-After": str(self.wait_s)} if self.wait_s else {}
        if self.status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse({"error": self.sentence}, self.status, headers)


def refusal_of(error: MvmError) -> RefusalError:
    """The refusal for an error of the reading."""
    if isinstance(error, FilmError | StudyError):
        return RefusalError(422, str(error))
    if isinstance(error, WeightsError):
        return RefusalError(503, str(error))
    return RefusalError(400, str(error))
