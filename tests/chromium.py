"""Debian's Chromium for the tests: the shell without windows where it is, since it takes less."""

import shutil

NAMES = ("chromium-headless-shell", "chromium")
MISSING = "no chromium: apt-get install chromium-headless-shell"
ARGUMENTS = ("--no-sandbox", "--disable-background-networking")


def installed() -> str | None:
    """Path of the first of `NAMES` that is installed."""
    return next((path for name in NAMES if (path := shutil.which(name)) is not None), None)
