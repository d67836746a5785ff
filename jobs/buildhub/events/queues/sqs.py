"""An SQS queue: messages are received, invisible to others for a while, deleted or released."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from buildhub.aio.http_errors import BROKEN, describe_error
from buildhub.aio.streams import in_pieces
from buildhub.errors import ConfigError, Refused, Unavailable
from buildhub.events.queues.queue import Message

log = structlog.get_logger(__name__)

# The protocol takes or gives so many in one request.
_LARGEST_BATCH = 10

_DEFAULT_REGION = "us-east-1"
_REGION = re.compile(r"sqs\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")

# An attribute counts towards the message's size; this is enough to say why.
_LONGEST_REASON = 1000

_WRONG_QUEUE = frozenset({"QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue"})
_NO_ACCESS = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    }
)


class SqsQueue:
    """One queue, and its dead-letter queue; errors are those of `Queue`."""

    largest_batch = _LARGEST_BATCH
    longest_delay_seconds = 43_200

    def __init__(self, client: Any, url: str, dead_letter_url: str | None) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    async def receive_messages(
        self, count: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Receive messages, waiting for the first."""
        with self._translating_errors(self._url):
            answer = await self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=visibility_timeout_seconds,
                AttributeNames=["SentTimestamp"],
            )
        return [
            Message(
                each["MessageId"],
                each["ReceiptHandle"],
                each["Body"],
                int(each.get("Attributes", {}).get("SentTimestamp", "0")) / 1000,
            )
            for each in answer.get("Messages", ())
        ]

    async def delete_messages(self, messages: Iterable[Message]) -> None:
        """Delete *messages*."""
        handles: dict[str, dict[str, Any]] = {message.receipt_handle: {} for message in messages}
        await self._each(self._client.delete_message_batch, handles)

    async def change_visibility(self, timeout_seconds: Mapping[Message, int]) -> None:
        """Make each message visible to others after a number of seconds from now."""
        handles = {
            message.receipt_handle: {"VisibilityTimeout": min(seconds, self.longest_delay_seconds)}
            for message, seconds in timeout_seconds.items()
        }
        await self._each(self._client.change_message_visibility_batch, handles)

    async def send_to_dead_letter_queue(self, message: Message, reason: str) -> bool:
        """Copy a message to the dead-letter queue, with the reason as its attribute."""
        if self._dead_letter_url is None:
            return False
        shown = "".join(c if c.isprintable() else " " for c in reason)[:_LONGEST_REASON]
        texts = {"Reason": shown, "OriginalMessageId": message.id}
        with self._translating_errors(self._dead_letter_url):
            await self._client.send_message(
                QueueUrl=self._dead_letter_url,
                MessageBody=message.body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": text}
                    for name, text in texts.items()
                },
            )
        return True

    async def _each(
        self, call: Callable[..., Awaitable[Any]], handles: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Make a call that takes ten receipt handles at a time, each with its parameters."""
        for some in in_pieces(handles.items(), _LARGEST_BATCH):
            entries = [
                {"Id": str(place), "ReceiptHandle": handle, **parameters}
                for place, (handle, parameters) in enumerate(some)
            ]
            with self._translating_errors(self._url):
                answer = await call(QueueUrl=self._url, Entries=entries)
            for failed in answer.get("Failed", ()):
                log.debug("receipt_handle_refused", queue=self._url, error=failed.get("Message"))

    @contextmanager
    def _translating_errors(self, name: str) -> Iterator[None]:
        """Turn the client's exceptions into ours. What botocore retries, it has retried."""
        from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError

        try:
            yield
        except NoCredentialsError as exc:
            raise ConfigError(
                f"{name}: no credentials; AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY give them"
            ) from exc
        except ClientError as exc:
            code = exc.response.get("Error", {}).get("Code", "")
            if code in _WRONG_QUEUE:
                raise ConfigError(f"{name}: the queue does not exist") from exc
            kind = Refused if code in _NO_ACCESS else Unavailable
            raise kind(f"{name}: {describe_error(exc)}") from exc
        except (*BROKEN, BotoCoreError, aiohttp.ClientError) as exc:
            raise Unavailable(f"{name}: {describe_error(exc)}") from exc


@asynccontextmanager
async def open_sqs_queue(
    url: str, *, dead_letter_url: str | None, endpoint_url: str | None, retry_count: int
) -> AsyncIterator[SqsQueue]:
    """Open the queue at *url*; credentials are found as other AWS tools find them.

    Args:
        url: of the queue.
        dead_letter_url: of its dead-letter queue.
        endpoint_url: address of an SQS look-alike; None means Amazon's own.
        retry_count: how often a request is tried again.

    Raises:
        ConfigError: the client for SQS is not installed.
    """
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session
    except ImportError as exc:
        raise ConfigError(f"{url}: reading SQS needs `pip install buildhub[aws]`") from exc
    config = AioConfig(
        retries={"mode": "standard", "total_max_attempts": retry_count + 1},
        # Long polls are answered within 20 seconds.
        connect_timeout=30,
        read_timeout=60,
    )
    session = get_session()
    in_amazon = _REGION.search(urlsplit(url).hostname or "")
    region = in_amazon[1] if in_amazon else session.get_config_variable("region")
    async with session.create_client(
        "sqs", region_name=region or _DEFAULT_REGION, config=config, endpoint_url=endpoint_url
    ) as client:
        yield SqsQueue(client, url, dead_letter_url)
