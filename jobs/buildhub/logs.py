"""Logs: one event a line, to standard error, so that standard output stays data."""

import io
import logging
import sys
from typing import TextIO, cast

import structlog

from buildhub.errors import ConfigError


def configure(level: str, *, sentry_dsn: str | None = None) -> None:
    """Set up logs for a command.

    On a terminal they are for eyes; elsewhere each line is ``name=value`` pairs.

    Raises:
        ConfigError: a Sentry DSN is given, and the client for Sentry is not installed.
    """
    terminal = sys.stderr.isatty()
    pairs = structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"])
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            structlog.dev.ConsoleRenderer(colors=True) if terminal else pairs,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        logger_factory=lambda *_: structlog.WriteLogger(cast(TextIO, _CurrentStderr())),
    )
    logging.basicConfig(level=level, stream=sys.stderr, format="level=%(levelname)s %(message)s")
    # It logs each retry at INFO; our own logs say what was given up.
    logging.getLogger("stamina").setLevel(logging.WARNING)
    if sentry_dsn:
        _report_errors(sentry_dsn)


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
