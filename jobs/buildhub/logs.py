"""Logs: one event a line, to standard error, so that standard output stays data."""

import io
import logging
import sys
import time
from datetime import UTC, datetime
from typing import TextIO, cast

import structlog
from buildhub_schema.text.log_lines import format_line
from buildhub_schema.text.mozlog import JSON, LOGFMT, format_mozlog
from buildhub_schema.text.printable import printable, without_credentials
from structlog.typing import EventDict, Processor

from buildhub.errors import ConfigError


def configure(level: str, *, log_format: str = LOGFMT, sentry_dsn: str | None = None) -> None:
    """Set up logs for a command.

    Each line is an object of JSON if *log_format* says so. Else they are for eyes on a terminal,
    and ``name=value`` pairs elsewhere.

    Raises:
        ConfigError: a Sentry DSN is given, and the client for Sentry is not installed.
    """
    is_json = log_format == JSON
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.processors.format_exc_info,
            *_renderers(is_json=is_json),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(cast(TextIO, _CurrentStderr())),
    )
    handler = logging.StreamHandler(cast(TextIO, _CurrentStderr()))
    handler.setFormatter(_LibraryMozlog() if is_json else _LibraryFormatter())
    logging.basicConfig(level=level, handlers=[handler])
    if sentry_dsn:
        _report_errors(sentry_dsn)


def _renderers(*, is_json: bool) -> list[Processor]:
    """Return the last steps, which make a line of an event."""
    if is_json:
        return [_render_mozlog]
    if sys.stderr.isatty():
        return [_escape_texts, structlog.dev.ConsoleRenderer(colors=True)]
    return [_escape_texts, _render_line]


def _escape_texts(logger: object, name: str, fields: EventDict) -> EventDict:
    """Escape what others wrote: it must not control the terminal, or look like another line."""
    return {
        name: printable(value) if isinstance(value, str) else value
        for name, value in fields.items()
    }


def _render_line(logger: object, name: str, fields: EventDict) -> str:
    return format_line(fields)


def _render_mozlog(logger: object, name: str, fields: EventDict) -> str:
    others = {key: fields[key] for key in fields if key not in ("event", "level", "timestamp")}
    return format_mozlog(
        "buildhub.jobs", fields["level"], time.time_ns(), {"msg": fields["event"], **others}
    )


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


class _LibraryMozlog(logging.Formatter):
    """Writes what libraries log as JSON."""

    def format(self, record: logging.LogRecord) -> str:
        fields = {"msg": without_credentials(record.getMessage())}
        if record.exc_info:
            fields["traceback"] = without_credentials(self.formatException(record.exc_info))
        timestamp_ns = int(record.created * 1e9)
        return format_mozlog(record.name, record.levelname.lower(), timestamp_ns, fields)


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
