"""A subscription of Google's Pub/Sub: messages are pulled, leased for a while, acknowledged."""

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from buildhub.aio.retries import Busy, retry
from buildhub.aio.retry_policy import RetryPolicy
from buildhub.aio.streams import in_pieces
from buildhub.errors import ConfigError, Refused
from buildhub.events.queues.queue import Message

Answer = TypeVar("Answer")

_TIMEOUT_SECONDS = 30.0

# A request has half a mebibyte at most, and an ID is some two hundred characters long.
_IDS_PER_REQUEST = 1000

# An attribute has a kibibyte at most.
_LONGEST_REASON_BYTES = 1000

_TRANSIENT = (
    "Aborted", "Cancelled", "DeadlineExceeded", "InternalServerError", "ResourceExhausted",
    "RetryError", "ServiceUnavailable", "Unknown",
)  # fmt: skip


class PubSubSubscription:
    """One subscription, and the topic of its dead letters; errors are those of `Queue`.

    Args:
        subscriber: asynchronous client of ``google.pubsub_v1``.
        publisher: of the dead letters.
        name: ``projects/…/subscriptions/…``.
        dead_letter_topic: ``projects/…/topics/…``; None for none.
        retry_policy: how often a request is tried again.
    """

    largest_batch = 1000
    longest_delay_seconds = 600

    def __init__(
        self,
        subscriber: Any,
        publisher: Any,
        name: str,
        dead_letter_topic: str | None,
        retry_policy: RetryPolicy,
    ) -> None:
        self._subscriber = subscriber
        self._publisher = publisher
        self._name = name
        self._dead_letter_topic = dead_letter_topic
        self._retry_policy = retry_policy

    async def receive_messages(
        self, count: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Pull messages, and lease them for *visibility_timeout_seconds*.

        One pull gives what is there, so there is nothing more for one that must not wait.
        """
        if not wait_seconds:
            return []
        answer = await self._call(self._name, lambda: self._pull(count, wait_seconds))
        messages = [_message(each) for each in answer]
        await self.change_visibility(dict.fromkeys(messages, visibility_timeout_seconds))
        return messages

    async def delete_messages(self, messages: Iterable[Message]) -> None:
        """Acknowledge *messages*."""
        for some in in_pieces([each.receipt_handle for each in messages], _IDS_PER_REQUEST):
            request = {"subscription": self._name, "ack_ids": some}
            await self._send(self._name, self._subscriber.acknowledge, request)

    async def change_visibility(self, timeout_seconds: Mapping[Message, int]) -> None:
        """Change how long messages are leased; the longest lease is that of Pub/Sub."""
        by_seconds: dict[int, list[str]] = defaultdict(list)
        for message, seconds in timeout_seconds.items():
            by_seconds[min(seconds, self.longest_delay_seconds)].append(message.receipt_handle)
        for seconds, handles in by_seconds.items():
            for some in in_pieces(handles, _IDS_PER_REQUEST):
                request = {
                    "subscription": self._name,
                    "ack_ids": some,
                    "ack_deadline_seconds": seconds,
                }
                await self._send(self._name, self._subscriber.modify_ack_deadline, request)

    async def send_to_dead_letter_queue(self, message: Message, reason: str) -> bool:
        """Publish a message to the dead-letter topic, with the reason as its attribute."""
        if self._dead_letter_topic is None:
            return False
        shown = "".join(c if c.isprintable() else " " for c in reason).encode()
        own = {
            "Reason": shown[:_LONGEST_REASON_BYTES].decode(errors="ignore"),
            "OriginalMessageId": message.id,
        }
        letter = {
            "data": message.body.encode(errors="surrogateescape"),
            "attributes": {**message.attributes, **own},
        }
        request = {"topic": self._dead_letter_topic, "messages": [letter]}
        await self._send(self._dead_letter_topic, self._publisher.publish, request)
        return True

    async def _pull(self, count: int, wait_seconds: int) -> list[Any]:
        from google.api_core.exceptions import DeadlineExceeded

        request = {"subscription": self._name, "max_messages": count}
        try:
            answer = await self._subscriber.pull(request, retry=None, timeout=wait_seconds)
        except DeadlineExceeded:
            return []
        return list(answer.received_messages)

    async def _send(
        self, name: str, method: Callable[..., Awaitable[Answer]], request: Mapping[str, Any]
    ) -> Answer:
        return await self._call(name, lambda: method(request, retry=None, timeout=_TIMEOUT_SECONDS))

    async def _call(self, name: str, call: Callable[[], Awaitable[Answer]]) -> Answer:
        """Make a call, and again where that may help; turn the client's exceptions into ours."""
        from google.api_core import exceptions
        from google.auth.exceptions import GoogleAuthError

        transient = tuple(getattr(exceptions, each) for each in _TRANSIENT)

        async def attempt() -> Answer:
            try:
                return await call()
            except transient as exc:
                raise Busy(f"{name}: {_describe(exc)}") from exc
            except exceptions.NotFound as exc:
                raise ConfigError(f"{name}: it does not exist") from exc
            except exceptions.GoogleAPICallError as exc:
                raise Refused(f"{name}: {_describe(exc)}") from exc
            except GoogleAuthError as exc:
                raise Busy(f"{name}: no token ({exc})") from exc

        return await retry(self._retry_policy, attempt)


@asynccontextmanager
async def open_subscription(
    name: str,
    *,
    dead_letter_topic: str | None,
    emulator_host: str | None,
    retry_count: int,
) -> AsyncIterator[PubSubSubscription]:
    """Open a subscription; credentials are found as Google's other tools find them.

    Args:
        name: ``projects/…/subscriptions/…``.
        dead_letter_topic: ``projects/…/topics/…``.
        emulator_host: host and port of an emulator, which is asked without credentials.
        retry_count: how often a request is tried again.

    Raises:
        ConfigError: the client is not installed, or there are no credentials.
    """
    try:
        from google.pubsub_v1 import PublisherAsyncClient, SubscriberAsyncClient
    except ImportError as exc:
        raise ConfigError(f"{name}: Pub/Sub needs `pip install buildhub[gcp]`") from exc
    subscriber = _open_client(SubscriberAsyncClient, name, emulator_host)
    publisher = _open_client(PublisherAsyncClient, name, emulator_host)
    try:
        policy = RetryPolicy(retry_count)
        yield PubSubSubscription(subscriber, publisher, name, dead_letter_topic, policy)
    finally:
        await subscriber.transport.close()
        await publisher.transport.close()


def _open_client(kind: Any, name: str, emulator_host: str | None) -> Any:
    """Open a client of one kind. Those that are asynchronous do not find emulators themselves."""
    import grpc
    from google.auth.exceptions import DefaultCredentialsError

    if emulator_host is not None:
        transport = kind.get_transport_class("grpc_asyncio")
        return kind(transport=transport(channel=grpc.aio.insecure_channel(emulator_host)))
    try:
        return kind()
    except DefaultCredentialsError as exc:
        raise ConfigError(
            f"{name}: no credentials; GOOGLE_APPLICATION_CREDENTIALS names a file with them"
        ) from exc


def _message(received: Any) -> Message:
    message = received.message
    return Message(
        message.message_id,
        received.ack_id,
        # What is no text is no event, and goes to the dead letters as it came.
        message.data.decode(errors="surrogateescape"),
        message.publish_time.timestamp(),
        dict(message.attributes),
    )


def _describe(error: Any) -> str:
    return f"{getattr(error, 'message', None) or error} ({type(error).__name__})"
