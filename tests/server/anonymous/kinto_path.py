"""A plugin for tests: counts the requests that go the ordinary way."""

from typing import Any

from kinto.core.metrics import IMetricsService, NoOpMetricsService
from pyramid.events import ContextFound


def includeme(config: Any) -> None:
    """Count what Pyramid finds a context for; the short way needs none."""
    config.registry.ordinary_count = 0

    def count(event: Any) -> None:
        event.request.registry.ordinary_count += 1

    config.add_subscriber(count, ContextFound)


def odd_tween(handler: Any, registry: Any) -> Any:
    """A tween that nobody knows."""
    return handler


def add_tween(config: Any) -> None:
    """Have every request go through it."""
    config.add_tween(f"{__name__}.odd_tween")


class Reader:
    """A listener that is told of each record that is read."""

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
