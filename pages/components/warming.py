"""What the first visitor after a start would wait for, made ready while nobody waits."""

import importlib
import pkgutil
from collections.abc import Callable

import pages.components
from mvm_core.errors import MvmError


def load_graphs() -> None:
    """Load the networks; what is wrong with them the pages tell."""
    # Imported here: the server is to stand before the libraries are loaded.
    from mvm_core.examination import Examiner
    from mvm_core.service.remote import service_address

    try:
        reader = Examiner.open().reader
        if service_address() is None:
            reader.warm_up()
    except MvmError:
        return


def warm_up(pause: Callable[[], None]) -> None:
    """Load the pages' modules, the graphs and the sealed test's tables; what is wrong the pages tell.

    Parameters
    ----------
    pause : callable
        Called between the parts; comes back when it is time for the next.
    """
    pause()
    for module in pkgutil.walk_packages(pages.components.__path__, "pages.components."):
        try:
            importlib.import_module(module.name)
        except ModuleNotFoundError as error:
            # Pages that need what is not installed are not offered; a part of the program must be there.
            if str(error.name).partition(".")[0] in ("mvm_core", "pages"):
                raise
    load_graphs()
    pause()
    from mvm_core.examination import Examiner
    from pages.components.reviewing import review_ahead

    try:
        review_ahead(Examiner.open().reader.weights)
    except MvmError:
        return
