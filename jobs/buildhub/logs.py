"""Logs: one event a line, to standard error, so that standard output stays data."""

import io
import logging
import sys
from datetime import UTC, datetime
from typing import TextIO, cast

import structlog
from buildhub_schema.text.log_lines import format_line
from buildhub_schema.text.printable import printable, without_credentials
from structlog.typing import EventDict

from buildhub.errors import ConfigError


def configure(level: str, *, sentry_dsn: str | None = None) -> None:
    """Set up logs for a command.

    On a terminal they are for eyes; elsewhere each line is ``name=value`` pairs.

    Raises:
        ConfigError: a Sentry DSN is given, and the client for Sentry is not installed.
    """
    terminal = sys.stderr.isatty()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            _escape_texts,
            structlog.dev.ConsoleRenderer(colors=True) if terminal else _render_line,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(cast(TextIO, _CurrentStderr())),
    )
    handler = logging.StreamHandler(cast(TextIO, _CurrentStderr()))
    handler.setFormatter(_LibraryFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    if sentry_dsn:
        _report_errors(sentry_dsn)


def _escape_texts(logger: object, name: str, fields: EventDict) -> EventDict:
    """Escape what others wrote: it must not control the terminal, or look like another line."""
    return {
        name: printable(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _render_line(logger: object, name: str, fields: EventDict) -> str:
    return format_line(fields)


class _LibraryFormatter(logging.Formatter):
    """Writes what libraries log in the same format."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "timestamp": f"{datetime.fromtimestamp(record.created, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
            "level": record.levelname.lower(),
            "event": without_credentials(record.getMessage()),
            "logger": record.name,
        }
        line = format_line(fields)
        return line + "\n" + self.formatException(record.exc_info) if record.exc_info else line


class _CurrentStderr(io.TextIOBase):
    """Standard error as it is at the time: a progress bar puts itself in its place."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def _report_errors(dsn: str) -> None:
    try:
        import sentry_sdk
    except ImportError as exc:
        raise ConfigError("SENTRY_DSN is set, which needs `pip install buildhub[sentry]`") from exc
    sentry_sdk.init(dsn=dsn)
