"""What a consumer needs of a queue, whichever service has it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Message:
    """One message that was received.

    Attributes:
        id: given by the queue, the same however often it is received.
        receipt_handle: of this receipt; names the message in later requests.
        body: as it was sent.
        sent: when, as seconds since 1970.
        attributes: beside the body.
    """

    id: str
    receipt_handle: str
    body: str
    sent: float
    attributes: Mapping[str, str] = field(default_factory=dict, hash=False)


class Queue(Protocol):
    """Messages are received, invisible to others for a while, deleted or released.

    Errors:
        Every method raises :class:`buildhub.errors.Unavailable` when the queue does not answer,
        and :class:`buildhub.errors.Refused` or :class:`buildhub.errors.ConfigError` when it never
        will.

    Attributes:
        largest_batch: messages that are received in one request.
        longest_delay_seconds: how long a message can be invisible.
    """

    largest_batch: int
    longest_delay_seconds: int

    async def receive_messages(
        self, count: int, *, wait_seconds: int, visibility_timeout_seconds: int
    ) -> list[Message]:
        """Receive messages, waiting for the first.

        Args:
            count: how many at most, from 1 to *largest_batch*.
            wait_seconds: how long to wait where there is none, at most 20.
            visibility_timeout_seconds: how long they are invisible to others, unless
                :meth:`change_visibility` says otherwise.
        """

    async def delete_messages(self, messages: Iterable[Message]) -> None:
        """Delete *messages*: their work is done. What cannot be deleted will come again."""

    async def change_visibility(self, timeout_seconds: Mapping[Message, int]) -> None:
        """Make each message visible to others after a number of seconds from now: 0 releases it.

        A message that was received by others since is left as it is.
        """

    async def send_to_dead_letter_queue(self, message: Message, reason: str) -> bool:
        """Copy a message to the dead-letter queue, with the reason as its attribute.

        Returns:
            False where there is none.
        """
