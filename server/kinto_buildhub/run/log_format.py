"""How the server logs: one line an event, in the format of the jobs, and no flood of one event."""

import logging
import os
import re
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime

from buildhub_schema.text.log_lines import format_line

from kinto_buildhub.errors import StartError
from kinto_buildhub.run.log_filters import DatabaseOutageFilter

# Of each process.
SECONDS_BETWEEN_REPEATS = 60.0

# Each line of these is about another thing.
_NOT_REPEATS = frozenset(
    {"record_not_indexable", "search_mapping_refused", "index_rebuilt", "search_index_differs"}
)

# Messages that are remembered at most, so that a flood of different ones takes no memory.
_MAX_REMEMBERED = 1000

# What Python's logging puts into every record.
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


# The shape of API tokens: some clients put theirs into an address, which is logged.
_TOKEN = re.compile(r"bh_[0-9a-f]{16,}")


class LogfmtFormatter(logging.Formatter):
    """Writes a record as ``timestamp=… level=… event=… name=value …``, without colour codes.

    API tokens are left out, wherever they are in it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback follows it."""
        fields = {
            "timestamp": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": record.levelname.lower(),
            "event": _message(record) or record.name,
            "logger": record.name,
        }
        fields |= {
            name: value
            for name, value in vars(record).items()
            if name not in _STANDARD and name not in fields
        }
        line = format_line(fields)
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return _TOKEN.sub("bh_…", line)


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
        message = _message(record)
        if record.levelno < logging.WARNING or message in _NOT_REPEATS:
            return True
        key = record.name, record.levelno, re.sub(r"\d+", "0", message)[:200]
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
    """Add the filters to the handlers that the settings file names, and obey ``LOG_LEVEL``.

    Raises:
        StartError: ``LOG_LEVEL`` is no level.
    """
    loggers = [logging.getLogger(name) for name in (None, "kinto")]
    level = _level()
    # A record passes one of them only.
    repeats = RepeatFilter()
    for logger in loggers:
        if level is not None:
            logger.setLevel(level)
        for handler in logger.handlers:
            handler.addFilter(DatabaseOutageFilter())
            handler.addFilter(repeats)


def log_to_stderr() -> None:
    """Log warnings to standard error, for commands that serve nothing.

    Raises:
        StartError: ``LOG_LEVEL`` is no level.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogfmtFormatter())
    logging.basicConfig(handlers=[handler], level=logging.WARNING)
    apply_to_handlers()


def _level() -> int | None:
    name = os.environ.get("LOG_LEVEL", "").strip().upper()
    levels = logging.getLevelNamesMapping()
    if name and name not in levels:
        raise StartError(f"environment LOG_LEVEL: {name!r}: expected one of DEBUG, INFO, WARNING …")
    return levels[name] if name else None


def _message(record: logging.LogRecord) -> str:
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # Kinto logs SQL with placeholders that are none of Python's.
        return str(record.msg)
