"""The progress of a job: a bar on a terminal, a log line a minute elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from buildhub.counts.summary import Summary

log = structlog.get_logger(__name__)

_SECONDS_BETWEEN_LINES = 60.0


@contextmanager
def shown_progress(
    job: str = "load", *, quiet: bool = False
) -> Iterator[Callable[[Summary], None]]:
    """Yield a function that shows the counts of *job*; it may be called at any rate."""
    if quiet:
        yield lambda summary: None
        return
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console, job) as show:
            yield show
    else:
        yield line_a_minute(f"{job}_progress", _logged_counts)


@contextmanager
def _bar(console: Console, job: str) -> Iterator[Callable[[Summary], None]]:
    columns = (
        TextColumn("{task.fields[counts]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task(job, total=None, counts=f"{job}: reading the archive")

        def show(summary: Summary) -> None:
            progress.update(
                task,
                completed=summary.read_counts.bytes_read,
                total=summary.bytes_total or None,
                counts=_counts(summary),
            )

        yield show


def _counts(summary: Summary) -> str:
    builds = f"{summary.published.settled:,} of {summary.read_counts.builds:,} builds"
    folders = summary.read_counts.listings
    return f"{folders:,} folders, {builds}" if folders else builds


def line_a_minute(
    event: str,
    report: Callable[[Summary], dict[str, int]],
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[Summary], None]:
    """Return a function that logs *event* with the fields from *report*, once a minute at most."""
    last = clock()

    def show(summary: Summary) -> None:
        nonlocal last
        if clock() - last < _SECONDS_BETWEEN_LINES:
            return
        last = clock()
        log.info(event, **report(summary))

    return show


def _logged_counts(summary: Summary) -> dict[str, int]:
    return {
        "listings": summary.read_counts.listings,
        "read": summary.read_counts.rows,
        "builds": summary.read_counts.builds,
        "published": summary.published.settled,
        "percent": round(100 * summary.read_counts.bytes_read / max(summary.bytes_total, 1)),
    }
