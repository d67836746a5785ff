"""A queue of messages as Amazon's SQS speaks: taken for a while, then deleted or put back."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import structlog

from buildhub.aio.retries import BROKEN, describe_error
from buildhub.aio.streams import in_pieces
from buildhub.errors import ConfigError, Refused, Unavailable

log = structlog.get_logger(__name__)

LARGEST_BATCH = 10
"""So many messages the protocol takes or gives in one request."""

LONGEST_DELAY_SECONDS = 43_200
"""A message cannot be kept away for longer than twelve hours."""

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


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was taken.

    Attributes:
        id: given by the queue, the same however often it is taken.
        receipt: of this taking; what is done with the message is done by it.
        body: as it was sent.
        sent: when, as seconds since 1970.
    """

    id: str
    receipt: str
    body: str
    sent: float


class Queue:
    """One queue, and the one for messages that nobody can work on.

    Errors:
        Every method raises :class:`Unavailable` when the queue does not answer, and
        :class:`Refused` or :class:`ConfigError` when it never will.
    """

    def __init__(self, client: Any, url: str, dead_letter_url: str | None) -> None:
        self._client = client
        self._url = url
        self._dead_letter_url = dead_letter_url

    async def take(self, count: int, wait_seconds: int, hold_seconds: int) -> list[Message]:
        """Take messages, waiting for the first; others do not see them meanwhile.

        Args:
            count: how many at most, from 1 to 10.
            wait_seconds: how long to wait where there is none, at most 20.
            hold_seconds: how long they are ours, unless :meth:`delay` says otherwise.
        """
        with self._translating(self._url):
            answer = await self._client.receive_message(
                QueueUrl=self._url,
                MaxNumberOfMessages=count,
                WaitTimeSeconds=wait_seconds,
                VisibilityTimeout=hold_seconds,
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

    async def delete(self, messages: Iterable[Message]) -> None:
        """Delete *messages*: their work is done. What cannot be deleted will come again."""
        receipts: dict[str, dict[str, Any]] = {message.receipt: {} for message in messages}
        await self._each(self._client.delete_message_batch, receipts)

    async def delay(self, seconds: Mapping[Message, int]) -> None:
        """Let others see each message after so many seconds from now, and not before.

        One that is not ours any more is left as it is.
        """
        receipts = {
            message.receipt: {"VisibilityTimeout": min(delay, LONGEST_DELAY_SECONDS)}
            for message, delay in seconds.items()
        }
        await self._each(self._client.change_message_visibility_batch, receipts)

    async def bury(self, message: Message, reason: str) -> bool:
        """Copy a message to the dead-letter queue, with the reason as its attribute.

        Returns:
            False where there is no such queue.
        """
        if self._dead_letter_url is None:
            return False
        shown = "".join(c if c.isprintable() else " " for c in reason)[:_LONGEST_REASON]
        texts = {"Reason": shown, "OriginalMessageId": message.id}
        with self._translating(self._dead_letter_url):
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
        self, call: Callable[..., Awaitable[Any]], receipts: Mapping[str, Mapping[str, Any]]
    ) -> None:
        """Make a call that takes ten receipts at a time."""
        for some in in_pieces(receipts.items(), LARGEST_BATCH):
            entries = [
                {"Id": str(place), "ReceiptHandle": receipt, **more}
                for place, (receipt, more) in enumerate(some)
            ]
            with self._translating(self._url):
                answer = await call(QueueUrl=self._url, Entries=entries)
            for failed in answer.get("Failed", ()):
                log.debug("receipt_refused", queue=self._url, error=failed.get("Message"))

    @contextmanager
    def _translating(self, name: str) -> Iterator[None]:
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
                raise ConfigError(f"{name}: there is no such queue") from exc
            kind = Refused if code in _NO_ACCESS else Unavailable
            raise kind(f"{name}: {describe_error(exc)}") from exc
        except (*BROKEN, BotoCoreError, aiohttp.ClientError) as exc:
            raise Unavailable(f"{name}: {describe_error(exc)}") from exc


@asynccontextmanager
async def open_queue(
    url: str, *, dead_letter_url: str | None, endpoint_url: str | None, retries: int
) -> AsyncIterator[Queue]:
    """Open the queue at *url*; credentials are found as all of Amazon's tools find them.

    Args:
        url: of the queue.
        dead_letter_url: of the queue for messages that nobody can work on.
        endpoint_url: address of an SQS look-alike; None means Amazon's own.
        retries: how often a request is tried again.

    Raises:
        ConfigError: the client for SQS is not installed.
    """
    try:
        from aiobotocore.config import AioConfig
        from aiobotocore.session import get_session
    except ImportError as exc:
        raise ConfigError(f"{url}: reading SQS needs `pip install buildhub[aws]`") from exc
    config = AioConfig(
        retries={"mode": "standard", "total_max_attempts": retries + 1},
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
        yield Queue(client, url, dead_letter_url)
