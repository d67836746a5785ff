"""A plugin for tests: counts the requests that take Kinto's own path."""

import logging
from typing import Any

from kinto.core.metrics import IMetricsService, NoOpMetricsService
from pyramid.events import ContextFound, NewResponse


def includeme(config: Any) -> None:
    """Count what Pyramid finds a context for; the fast path needs none."""
    config.registry.kinto_path_count = 0

    def count(event: Any) -> None:
        event.request.registry.kinto_path_count += 1

    config.add_subscriber(count, ContextFound)


def odd_tween(handler: Any, registry: Any) -> Any:
    """An unknown tween."""
    return handler


def add_tween(config: Any) -> None:
    """Have every request go through it."""
    config.add_tween(f"{__name__}.odd_tween")


def ignore(event: Any) -> None:
    """Do nothing, as a subscriber that is not known."""


def add_subscriber(config: Any) -> None:
    """Have a subscriber to responses that might do anything."""
    config.add_subscriber(ignore, NewResponse)


class Reader:
    """A listener to each record that is read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def __call__(self, event: Any) -> None:
        """Keep the IDs."""
        self.read += [each["id"] for each in event.read_objects]


reader = Reader()


def load_from_config(config: Any, prefix: str) -> Reader:
    """Make the listener, as Kinto's settings name it."""
    return reader


metrics: list[tuple[str, tuple[tuple[str, str], ...]]] = []


class Metrics(NoOpMetricsService):
    """Keeps what is counted and observed."""

    def timer(self, key: str, value: Any = None, labels: Any = ()) -> Any:
        """Keep what is timed, but not how long it took."""
        metrics.append((key, tuple(labels)))
        return super().timer(key)

    def observe(self, key: str, value: Any, labels: Any = ()) -> None:
        """Keep it."""
        metrics.append((f"{key} {value}", tuple(labels)))

    def count(self, key: str, count: int = 1, unique: Any = None) -> None:
        """Keep it."""
        metrics.append((key, tuple(unique or ())))


def add_metrics(config: Any) -> None:
    """Have Kinto count."""
    config.registry.registerUtility(Metrics(), IMetricsService)


# Differ with each request, or are of the logging module.
_UNCOMPARED = frozenset(
    {"rid", "t", "time", *logging.LogRecord("", 0, "", 0, "", None, None).__dict__}
)


def summary(record: logging.LogRecord) -> dict[str, Any]:
    """Return what a line of the access log says of its request."""
    fields = record.__dict__
    assert isinstance(fields["t"], int)
    assert isinstance(fields["rid"], str)
    return {name: value for name, value in fields.items() if name not in _UNCOMPARED}
