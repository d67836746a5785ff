"""The entry point for AWS Lambda: an S3 event in, published records out.

Its settings come from the environment, as those of all jobs.
"""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from typing import Any

from buildhub import logs
from buildhub.archive.access import open_archive
from buildhub.archive.events import parse_events
from buildhub.arrivals import Outcome, State, open_arrivals
from buildhub.errors import BadData, Unavailable
from buildhub.publish.server import open_server
from buildhub.settings import Settings, read_settings
from buildhub.summary import Summary


def lambda_handler(event: object, context: object = None) -> dict[str, int | str]:
    """Publish what *event* tells of.

    Args:
        event: of S3, directly, through SNS, or from an SQS queue.
        context: as Lambda gives it; not used.

    Returns:
        The counts, for the function's log.

    Raises:
        BuildhubError: something of it is not published; Lambda is to call again, which is
            harmless, and to put the event aside when that does not help.
    """
    settings = read_settings(_environment(os.environ))
    logs.configure(settings.log_level, sentry_dsn=settings.sentry_dsn)
    summary = asyncio.run(handle(event, settings))
    return {"summary": summary.line(), "published": summary.published.settled}


async def handle(event: object, settings: Settings) -> Summary:
    """Do the work of :func:`lambda_handler` with settings that were read before."""
    summary = Summary()
    events = parse_events(event)
    summary.tally.skipped.update(events.skipped)
    if events.entries:
        async with (
            open_server(settings) as server,
            open_archive(settings, writes_per_commit=1) as archive,
        ):
            arrivals = await open_arrivals(settings, server, archive, summary, lambda rival: None)
            outcomes = await arrivals.take(events.entries)
        for outcome in outcomes.values():
            _check(outcome)
    events.check()
    return summary


def _check(outcome: Outcome) -> None:
    if outcome.state == State.REFUSED:
        raise BadData(outcome.reason)
    if outcome.state == State.OUT_OF_REACH:
        raise Unavailable(outcome.reason)


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Put the cache where a function may write, unless the environment says where."""
    if environ.get("CACHE_FOLDER") or environ.get("BUILDHUB_DATA"):
        return dict(environ)
    return {**environ, "CACHE_FOLDER": f"{tempfile.gettempdir()}/buildhub"}
