"""Several processes that ``torchrun`` started: which of them this is, and how they wait for each other.

Networks are independent of each other, so each process trains whole networks, on a GPU of its own where
there are any; they meet before and after, and the first one cuts the films and writes the release.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch.distributed

from mvm_core.errors import TrainingError


@dataclass(frozen=True)
class Rank:
    """A process among those of one ``torchrun``.

    Attributes
    ----------
    number, count : int
        From 0; 1 in all without ``torchrun``.
    on_machine : int
        Number among the processes of its machine: the GPU that it takes.
    """

    number: int = 0
    count: int = 1
    on_machine: int = 0

    @property
    def first(self) -> bool:
        """Whether the process does what only one may do."""
        return self.number == 0

    @contextmanager
    def first_before_others(self) -> Iterator[None]:
        """Let the first process through alone, then the others."""
        if not self.first:
            self.meet()
        yield
        if self.first:
            self.meet()

    def meet(self) -> None:
        """Wait until every process is here."""
        if self.count == 1:
            return
        if not torch.distributed.is_initialized():
            torch.distributed.init_process_group("gloo")
        torch.distributed.barrier()


def this_rank() -> Rank:
    """What ``torchrun`` says in the environment of this process."""
    number, count, on_machine = (
        int(os.environ.get(name, default))
        for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
    )
    return Rank(number, count, on_machine)


def refuse_torchrun(what: str) -> None:
    """For what spreads its networks over processes of its own.

    Raises
    ------
    TrainingError
        If ``torchrun`` started this process beside others.
    """
    if this_rank().count > 1:
        raise TrainingError(what, "it cannot run under torchrun", "start it once, with --workers")
