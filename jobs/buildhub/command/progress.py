"""How far a run is: a bar on a terminal, a line a minute elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from buildhub.summary import Summary

log = structlog.get_logger(__name__)

SECONDS_BETWEEN_LINES = 60.0


@contextmanager
def shown_progress() -> Iterator[Callable[[Summary], None]]:
    """Yield the function to call with the counts, as often as one likes."""
    console = Console(stderr=True)
    if console.is_terminal:
        with _bar(console) as show:
            yield show
    else:
        yield _line_a_minute()


@contextmanager
def _bar(console: Console) -> Iterator[Callable[[Summary], None]]:
    columns = (
        TextColumn("{task.fields[counts]}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("load", total=None, counts="reading the inventories")

        def show(summary: Summary) -> None:
            progress.update(
                task,
                completed=summary.tally.bytes_read,
                total=summary.bytes_total or None,
                counts=f"{summary.published.settled:,} of {summary.tally.builds:,} builds",
            )

        yield show


def _line_a_minute(
    clock: Callable[[], float] = time.monotonic,
) -> Callable[[Summary], None]:
    last = clock()

    def show(summary: Summary) -> None:
        nonlocal last
        if clock() - last < SECONDS_BETWEEN_LINES:
            return
        last = clock()
        log.info(
            "load_goes_on",
            read=summary.tally.rows,
            builds=summary.tally.builds,
            published=summary.published.settled,
            percent=round(100 * summary.tally.bytes_read / max(summary.bytes_total, 1)),
        )

    return show
