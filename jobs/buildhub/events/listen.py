"""The listen job: messages of a queue in, published records out.

A message is deleted when its work is done and the server has said so; whatever ends a consumer,
the queue shows its messages to another one after a while. So nothing is lost, and work that is
done twice is harmless. Any number of consumers may share a queue.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from buildhub.counts.summary import Summary
from buildhub.errors import BuildhubError, ConfigError
from buildhub.events.publish import open_event_publisher
from buildhub.events.queues.consumer import QueueConsumer
from buildhub.events.queues.pubsub import open_subscription
from buildhub.events.queues.queue import Queue
from buildhub.events.queues.sqs import open_sqs_queue
from buildhub.events.timing import ListenTiming
from buildhub.publish.coverage import reporting_coverage
from buildhub.publish.deferred import Conflict
from buildhub.settings import Settings


async def listen(
    settings: Settings,
    *,
    once: bool = False,
    stop: asyncio.Event | None = None,
    on_progress: Callable[[Summary], None] = lambda summary: None,
    on_conflict: Callable[[Conflict], None] = lambda conflict: None,
    timing: ListenTiming | None = None,
) -> Summary:
    """Publish what the messages of a queue name, until *stop* is set.

    Args:
        settings: queue or subscription, server, archive, and so on.
        once: end when the queue shows no more messages.
        stop: ends the job in good order: messages that were received are finished, or released.
        on_progress: called with the counts now and then, also where nothing happens.
        on_conflict: called with each file that is left out because another one takes its ID.
        timing: how long to wait for what.

    Returns:
        What was done. Its ``failure`` is what ended the run early.
    """
    summary = Summary()
    timing = timing or ListenTiming()
    try:
        opening = _open_queue(settings)
        async with (
            open_event_publisher(settings, summary, on_conflict, timing=timing) as publisher,
            opening as queue,
            reporting_coverage(publisher.server, summary),
        ):
            consumer = QueueConsumer(
                settings, queue, publisher, summary, on_progress, timing=timing
            )
            await consumer.run(stop or asyncio.Event(), once=once)
    except BuildhubError as exc:
        summary.failure = exc
    return summary


def _open_queue(settings: Settings) -> AbstractAsyncContextManager[Queue]:
    """Return what opens the queue or the subscription.

    Raises:
        ConfigError: neither is set, or both are.
    """
    queue_url, subscription = settings.queue_url, settings.subscription
    if queue_url is not None and subscription is not None:
        raise ConfigError("QUEUE_URL and SUBSCRIPTION are set; expected one of them")
    if subscription is not None:
        return open_subscription(
            subscription,
            dead_letter_topic=settings.dead_letter_topic,
            emulator_host=settings.pubsub_emulator_host,
            retry_count=settings.retry_count,
        )
    if queue_url is None:
        raise ConfigError(
            "QUEUE_URL and SUBSCRIPTION are not set; expected the address of an SQS queue, or "
            "a subscription of Pub/Sub"
        )
    return open_sqs_queue(
        queue_url,
        dead_letter_url=settings.dead_letter_queue_url,
        endpoint_url=settings.sqs_endpoint_url,
        retry_count=settings.retry_count,
    )
