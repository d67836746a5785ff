"""The two formats of the server's log lines, and which of them ``LOG_FORMAT`` chooses."""

import logging
import os
import re
from datetime import UTC, datetime
from typing import Any

from buildhub_schema.text.log_lines import format_line
from buildhub_schema.text.mozlog import JSON, LOG_FORMATS, LOGFMT, format_mozlog

from kinto_buildhub.errors import StartError

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
            "event": message(record) or record.name,
            "logger": record.name,
        }
        line = format_line(fields | _own_fields(record, but=fields))
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        return _without_tokens(line)


class MozlogFormatter(logging.Formatter):
    """Writes a record as a line of JSON in Mozilla's shape; the event is in ``Fields.msg``.

    API tokens are left out, wherever they are in it.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a traceback is in it."""
        fields = {"msg": message(record) or record.name}
        if record.exc_info:
            fields["error"] = repr(record.exc_info[1])
            fields["traceback"] = self.formatException(record.exc_info)
        fields |= _own_fields(record, but=fields)
        level, timestamp_ns = record.levelname.lower(), int(record.created * 1e9)
        return _without_tokens(format_mozlog(record.name, level, timestamp_ns, fields))


_FORMATTERS: dict[str, type[logging.Formatter]] = {LOGFMT: LogfmtFormatter, JSON: MozlogFormatter}


def make_formatter(*_: Any, **__: Any) -> logging.Formatter:
    """Return a formatter of the format that ``LOG_FORMAT`` names, whatever a settings file passes.

    Raises:
        StartError: ``LOG_FORMAT`` is no format.
    """
    name = os.environ.get("LOG_FORMAT", "").strip().lower() or LOGFMT
    if name not in _FORMATTERS:
        expected = ", ".join(LOG_FORMATS)
        raise StartError(f"environment LOG_FORMAT: {name!r}: expected one of {expected}")
    return _FORMATTERS[name]()


def message(record: logging.LogRecord) -> str:
    """Return the message, with its arguments where they fit."""
    try:
        return record.getMessage()
    except (TypeError, ValueError):  # Kinto logs SQL with placeholders that are none of Python's.
        return str(record.msg)


def _own_fields(record: logging.LogRecord, *, but: dict[str, Any]) -> dict[str, Any]:
    """Return what whoever logged has added, but not what has the name of a field that is there."""
    return {
        name: value
        for name, value in vars(record).items()
        if name not in _STANDARD and name not in but
    }


def _without_tokens(line: str) -> str:
    return _TOKEN.sub("bh_…", line)
