"""How the server logs: one line an event, in the format of the jobs, and no flood of one event."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable

from kinto_buildhub.errors import StartError
from kinto_buildhub.run.log_filters import DatabaseOutageFilter
from kinto_buildhub.run.log_lines import LogfmtFormatter as LogfmtFormatter  # As in kinto.ini.
from kinto_buildhub.run.log_lines import make_formatter, message

# Of each process.
SECONDS_BETWEEN_REPEATS = 60.0

# Each line of these is about another thing.
_NOT_REPEATS = frozenset(
    {"record_not_indexable", "search_mapping_refused", "index_rebuilt", "search_index_differs"}
)

# Messages that are remembered at most, so that a flood of different ones takes no memory.
_MAX_REMEMBERED = 1000


class RepeatFilter(logging.Filter):
    """Lets one line a minute pass for what lasts, with the number of those it held back.

    Messages are the same if they differ in numbers only, such as durations. Lines below WARNING
    pass always.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = threading.Lock()
        self._last: dict[tuple[str, int, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the record passes."""
        text = message(record)
        if record.levelno < logging.WARNING or text in _NOT_REPEATS:
            return True
        key = record.name, record.levelno, re.sub(r"\d+", "0", text)[:200]
        now = self._clock()
        with self._lock:
            passed, held_back = self._last.get(key, (None, 0))
            if passed is not None and now - passed < SECONDS_BETWEEN_REPEATS:
                self._last[key] = passed, held_back + 1
                return False
            if len(self._last) >= _MAX_REMEMBERED:
                self._last.clear()
            self._last[key] = now, 0
        if held_back:
            record.repeated = held_back
        return True


def apply_to_handlers() -> None:
    """Add the filters to the handlers that the settings file names.

    ``LOG_LEVEL`` overrides their levels, and ``LOG_FORMAT`` their formatters.

    Raises:
        StartError: ``LOG_LEVEL`` is no level, or ``LOG_FORMAT`` no format.
    """
    loggers = [logging.getLogger(name) for name in (None, "kinto")]
    level, formatter = _level(), make_formatter()
    # A record passes one of them only.
    repeats = RepeatFilter()
    for logger in loggers:
        if level is not None:
            logger.setLevel(level)
        for handler in logger.handlers:
            handler.addFilter(DatabaseOutageFilter())
            handler.addFilter(repeats)
            if os.environ.get("LOG_FORMAT", "").strip():
                handler.setFormatter(formatter)


def log_to_stderr() -> None:
    """Log warnings to standard error, for commands that serve nothing.

    Raises:
        StartError: ``LOG_LEVEL`` is no level, or ``LOG_FORMAT`` no format.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(make_formatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    apply_to_handlers()


def _level() -> int | None:
    name = os.environ.get("LOG_LEVEL", "").strip().upper()
    levels = logging.getLevelNamesMapping()
    if name and name not in levels:
        raise StartError(f"environment LOG_LEVEL: {name!r}: expected one of DEBUG, INFO, WARNING …")
    return levels[name] if name else None
