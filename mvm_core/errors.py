"""Every error that a user can meet, by name.

Each is one sentence built from three parts: what it is about, what is wrong, what to do.
"""

from collections.abc import Sequence
from typing import Any

from mvm_core.language import gettext


class MvmError(Exception):
    """Base of all errors shown to a user.

    Parameters
    ----------
    subject : str
        The file, folder, column or value that the error is about.
    problem : str
        What is wrong with it.
    cure : str
        What the user can do about it.
    """

    def __init__(self, subject: str, problem: str, cure: str) -> None:
        # What a damaged file says of itself may hold line breaks.
        said = gettext("{subject}: {problem}; {cure}.", subject=subject, problem=problem, cure=cure)
        super().__init__(" ".join(said.split()))
        self.subject = subject
        self.problem = problem
        self.cure = cure

    def __reduce__(self) -> tuple[type["MvmError"], tuple[Any, ...]]:
        """Travel whole from a worker process."""
        return type(self), (self.subject, self.problem, self.cure)


class FilmError(MvmError):
    """A file that cannot be read as one radiograph."""


class NotARadiographError(FilmError):
    """A sound DICOM object of another kind."""


class StudyError(MvmError):
    """Files that do not make a pair of films: none, too many, two of one view, a bad archive."""


class WeightsError(MvmError):
    """A weights folder that is missing, incomplete or differs from its manifest."""


class SimulationError(MvmError):
    """A simulation that was asked for with settings it cannot honour."""


class TrainingError(MvmError):
    """A training run that cannot start or go on."""


class DeidentificationError(MvmError):
    """Films that cannot be made fit to leave: no key, unfit folders."""


class WorkersError(MvmError):
    """Work side by side of which a process was killed."""


class ClusterError(MvmError):
    """A cluster, or a machine of it, that cannot do the work asked for."""


class StorageError(MvmError):
    """An archive of films that cannot be reached, listed or read."""


class ValidationError(MvmError):
    """Labels and scores from which the figure asked for cannot be computed."""


class OutputError(MvmError):
    """A result that cannot be written where it was asked for."""


class ExchangeError(MvmError):
    """Results that cannot be put into the study of their films."""


class TableError(MvmError):
    """A manifest or predictions table with one or more problems, all listed.

    Parameters
    ----------
    subject : str
        The table's file name.
    problems : sequence of str
        One entry a problem, each with row and column.
    cure : str
        What the user can do about them.
    """

    def __init__(self, subject: str, problems: Sequence[str], cure: str) -> None:
        super().__init__(subject, " | ".join(problems), cure)
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type["MvmError"], tuple[Any, ...]]:
        """Travel whole from a worker process."""
        return type(self), (self.subject, self.problems, self.cure)


class DatabaseError(MvmError):
    """A database that cannot be opened, brought up to date or written to."""


class AccessError(MvmError):
    """A login, an address or a right that is missing, or a queue that is full."""


class ReaderStudyError(MvmError):
    """A code, window or answer that a reader study does not take."""


class OccupiedError(ReaderStudyError):
    """A reader who is reading in another window."""


class TakenOverError(ReaderStudyError):
    """A window whose reader goes on in another one."""


class ChallengeError(MvmError):
    """A challenge that cannot be prepared or read, or answers to it that cannot be kept."""
