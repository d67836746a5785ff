"""The entry point for AWS Lambda: an S3 event in, published records out.

Its settings come from the environment, as those of all jobs.
"""

import asyncio
import os
import tempfile
from collections.abc import Mapping
from typing import Any

import structlog

from buildhub import logs
from buildhub.counts.summary import Summary
from buildhub.errors import BadData, BuildhubError, Unavailable
from buildhub.events.parse import Events, parse_events
from buildhub.events.publish import Outcome, State, open_arrivals
from buildhub.rules.entry import Entry
from buildhub.settings import Settings, read_settings

log = structlog.get_logger(__name__)


def lambda_handler(event: object, context: object = None) -> dict[str, Any]:
    """Publish what *event* tells of.

    Args:
        event: of S3, directly, through SNS, or from an SQS queue.
        context: as Lambda gives it; not used.

    Returns:
        The counts, for the function's log. For the messages of a queue, where
        ``REPORT_BATCH_ITEM_FAILURES`` is set, ``batchItemFailures``: those that are to come again.

    Raises:
        BuildhubError: something of it is not published; Lambda is to call again, which is
            harmless, and to put the event aside when that does not help.
    """
    settings = read_settings(_environment(os.environ))
    logs.configure(settings.log_level, sentry_dsn=settings.sentry_dsn)
    messages = _queue_messages(event) if settings.report_batch_item_failures else {}
    if messages:
        failed = asyncio.run(handle_messages(messages, settings))
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    summary = asyncio.run(handle(event, settings))
    return {"summary": summary.line(), "published": summary.published.settled}


async def handle(event: object, settings: Settings) -> Summary:
    """Do the work of :func:`lambda_handler` with settings that were read before."""
    summary = Summary()
    events = parse_events(event)
    summary.read_counts.skipped.update(events.skipped)
    if events.entries:
        for outcome in (await _publish(events.entries, settings, summary)).values():
            _check(outcome)
    events.check()
    return summary


async def handle_messages(messages: Mapping[str, Events], settings: Settings) -> list[str]:
    """Publish what the messages of a queue tell of; return the IDs of those that failed.

    Raises:
        BuildhubError: none of them can be published now.
    """
    summary = Summary()
    entries = [entry for events in messages.values() for entry in events.entries]
    outcomes = await _publish(entries, settings, summary) if entries else {}
    failed = []
    for message_id, events in messages.items():
        summary.read_counts.skipped.update(events.skipped)
        try:
            for entry in events.entries:
                _check(outcomes[entry.path])
            events.check()
        except BuildhubError as exc:
            log.warning("message_failed", message_id=message_id, reason=str(exc))
            failed.append(message_id)
    log.info("messages_handled", summary=summary.line(), failed_count=len(failed))
    return failed


def _queue_messages(event: object) -> dict[str, Events]:
    """Return the messages that a queue's trigger hands over, by ID; none of any other event."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(_is_message(each) for each in records):
        return {}
    return {each["messageId"]: parse_events({"Records": [each]}) for each in records}


def _is_message(record: object) -> bool:
    return (
        isinstance(record, dict) and "body" in record and isinstance(record.get("messageId"), str)
    )


async def _publish(
    entries: list[Entry], settings: Settings, summary: Summary
) -> dict[str, Outcome]:
    async with open_arrivals(settings, summary) as arrivals:
        return await arrivals.take(entries)


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
