"""The log: one JSON object a line, none with text of a film, a password or a token.

What the app itself logs is named field by field. Of what libraries log, their warnings included, only the
place and the kind are kept: their words may quote a film's header, a query or a file name.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any

import streamlit.logger

OURS = "mvm"
_LOG = logging.getLogger(OURS)


def log(event: str, **fields: str | float | None) -> None:
    """Write a line.

    Parameters
    ----------
    event : str
        What happened, in a word.
    **fields
        Names, numbers and codes that the app made itself; never text from a film, a form or an address.
    """
    _LOG.info(event, extra={"fields": fields})


class JsonFormatter(logging.Formatter):
    """A record as a line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
        }
        if record.name == OURS:
            line |= {"event": record.getMessage(), **getattr(record, "fields", {})}
        else:
            line |= {"event": "library", "logger": record.name, "where": f"{record.filename}:{record.lineno}"}
        if record.exc_info and record.exc_info[0] is not None:
            kind, _, trace = record.exc_info
            line["error"] = kind.__name__
            line["frames"] = [
                f"{frame.filename}:{frame.lineno}" for frame in traceback.extract_tb(trace)[-8:]
            ]
        return json.dumps(line)


def configure() -> None:
    """Let everything that logs in this process write such lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.captureWarnings(True)
    root = logging.getLogger()
    root.handlers = [handler]
    for logger in list(logging.Logger.manager.loggerDict.values()):
        if isinstance(logger, logging.Logger):
            logger.handlers, logger.propagate = [], True
    # The gate writes a line for each request.
    logging.getLogger("uvicorn.access").disabled = True
    # Streamlit's loggers bring a handler each, also those that are made later.
    streamlit.logger.setup_formatter = _through_the_root
    _LOG.setLevel(logging.INFO)
    sys.excepthook = _uncaught
    threading.excepthook = lambda said: _uncaught(said.exc_type, said.exc_value, said.exc_traceback)


def _through_the_root(logger: logging.Logger) -> None:
    logger.handlers, logger.propagate = [], True


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: Any) -> None:
    _LOG.error("uncaught", exc_info=(kind, error, trace))  # type: ignore[arg-type]
