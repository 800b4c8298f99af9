"""Progress bars on stderr."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import TaskID


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """One bar with one title."""
    with titled_progress() as show:
        yield lambda done, total: show(title, done, total)


@contextmanager
def titled_progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on stderr that appears with the first thing done, so that an early error stands alone."""
    from rich.console import Console
    from rich.logging import RichHandler
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=console)
    tasks: dict[str, TaskID] = {}
    handler = RichHandler(console=console, show_level=False, show_path=False)
    logger = logging.getLogger("mvm_core")
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)

    def show(title: str, done: int, total: int) -> None:
        bar.start()
        if title not in tasks:
            tasks[title] = bar.add_task(title, total=total)
        bar.update(tasks[title], completed=done, total=total)

    try:
        yield show
    finally:
        bar.stop()
        logger.removeHandler(handler)


@contextmanager
def scoring_bar() -> Iterator[Callable[[str, int, int, int], None]]:
    """A bar for each stage over films, with their rate, the time left and those that could not be read."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]} films/s"),
        TextColumn("{task.fields[failed]} not read"),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    )
    tasks: dict[str, TaskID] = {}

    def show(title: str, done: int, total: int, failed: int) -> None:
        bar.start()
        if title not in tasks:
            tasks[title] = bar.add_task(title, total=total, rate="-", failed=0)
        bar.update(tasks[title], completed=done, total=total, failed=failed)
        speed = bar.tasks[tasks[title]].speed
        bar.update(tasks[title], rate="-" if speed is None else f"{speed:.1f}")

    try:
        yield show
    finally:
        bar.stop()
