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
from buildhub.errors import BadData, BadEvent, BuildhubError, Unavailable
from buildhub.events.messages.message import ParsedMessage
from buildhub.events.messages.parse import parse_document
from buildhub.events.publish import open_event_publisher
from buildhub.events.verdict import Fate, Verdict, message_verdict
from buildhub.settings import Settings, read_settings

log = structlog.get_logger(__name__)

_ERRORS: Mapping[Fate, type[BuildhubError]] = {
    Fate.NOT_UNDERSTOOD: BadEvent,
    Fate.REFUSED: BadData,
    Fate.RETRY: Unavailable,
}
"""What Lambda sees of an event, by what became of it; every other fate is a success."""


def lambda_handler(event: object, context: object = None) -> dict[str, Any]:
    """Publish what *event* names.

    Args:
        event: of S3, directly, through SNS, or from an SQS queue.
        context: as Lambda gives it; not used.

    Returns:
        The counts, for the function's log. For the messages of a queue, where
        ``REPORT_BATCH_ITEM_FAILURES`` is set, ``batchItemFailures``: those to deliver again.

    Raises:
        BuildhubError: something of it is not published; Lambda calls again, which is harmless,
            and puts the event into its dead-letter queue when that does not help.
    """
    settings = read_settings(_environment(os.environ), is_old_command=True)
    logs.configure(
        settings.log_level, log_format=settings.log_format, sentry_dsn=settings.sentry_dsn
    )
    messages = _queue_messages(event) if settings.report_batch_item_failures else {}
    if messages:
        failed = asyncio.run(handle_messages(messages, settings))
        return {"batchItemFailures": [{"itemIdentifier": each} for each in failed]}
    summary = asyncio.run(handle(event, settings))
    return {"summary": summary.line(), "published": summary.published.settled}


async def handle(event: object, settings: Settings) -> Summary:
    """Do the work of :func:`lambda_handler` with settings that were read before."""
    summary = Summary()
    verdicts = await _publish({"": parse_document(event)}, settings, summary)
    _raise_for(verdicts[""])
    return summary


async def handle_messages(messages: Mapping[str, ParsedMessage], settings: Settings) -> list[str]:
    """Publish what the messages of a queue name; return the IDs of those that failed.

    Raises:
        BuildhubError: none of them can be published now.
    """
    summary = Summary()
    failed = []
    for message_id, verdict in (await _publish(messages, settings, summary)).items():
        if verdict.fate in _ERRORS:
            log.warning("message_failed", message_id=message_id, reason=verdict.reason)
            failed.append(message_id)
    log.info("messages_handled", summary=summary.line(), failed_count=len(failed))
    return failed


def _queue_messages(event: object) -> dict[str, ParsedMessage]:
    """Return the messages that a queue's trigger hands over, by ID; none of any other event."""
    records = event.get("Records") if isinstance(event, dict) else None
    if not isinstance(records, list) or not all(_is_message(each) for each in records):
        return {}
    return {each["messageId"]: parse_document({"Records": [each]}) for each in records}


def _is_message(record: object) -> bool:
    return (
        isinstance(record, dict) and "body" in record and isinstance(record.get("messageId"), str)
    )


async def _publish(
    messages: Mapping[str, ParsedMessage], settings: Settings, summary: Summary
) -> dict[str, Verdict]:
    if not any(each.entries or each.removed for each in messages.values()):
        # No server is needed for messages that name no file.
        return {key: message_verdict(each.faults_text, {}) for key, each in messages.items()}
    async with open_event_publisher(settings, summary) as publisher:
        return await publisher.publish_messages(messages)


def _raise_for(verdict: Verdict) -> None:
    if verdict.fate in _ERRORS:
        raise _ERRORS[verdict.fate](verdict.reason)


def _environment(environ: Mapping[str, str]) -> dict[str, Any]:
    """Put the cache where a function may write, unless the environment says where."""
    if environ.get("CACHE_FOLDER") or environ.get("BUILDHUB_DATA"):
        return dict(environ)
    return {**environ, "CACHE_FOLDER": f"{tempfile.gettempdir()}/buildhub"}
