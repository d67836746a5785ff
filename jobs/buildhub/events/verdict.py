"""What becomes of an event: one verdict, whichever way the event came.

A queue's consumer, the webhook and AWS Lambda each have their own way to say it; see their tables.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

METADATA_AWAITED = "metadata-awaited"
NOT_UNDERSTOOD = "not-understood"
OUT_OF_REACH = "archive-out-of-reach"


class Fate(IntEnum):
    """What becomes of a file that was written, or of a message about such files.

    A message gets the greatest fate of its files and of its own form. So it comes again as long as
    that can help any part of it, and only then is it given up for the other parts.
    """

    NOTHING_TO_DO = 0
    """The message names no file that was written."""
    DONE = 1
    """The catalogue has what there is to know."""
    AWAITS_METADATA = 2
    """It is published without its metadata, which is not there yet; looking again may find it."""
    NOT_UNDERSTOOD = 3
    """The message is not in a form that can be read; trying again is pointless."""
    REFUSED = 4
    """The server will not have the record; trying again is pointless."""
    RETRY = 5
    """The archive does not answer, or does not have the file yet; try again later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fate, and the reason, for people; it begins with a word that can be counted."""

    fate: Fate
    reason: str = ""

    @property
    def reason_code(self) -> str:
        """The reason's first part, ``record-refused`` for instance."""
        return self.reason.partition(":")[0]


NOTHING_TO_DO = Verdict(Fate.NOTHING_TO_DO)
DONE = Verdict(Fate.DONE)


def message_verdict(faults: str, files: Iterable[Verdict]) -> Verdict:
    """Return the verdict on a message.

    Args:
        faults: what could not be understood of it; "" where all was.
        files: the verdicts on its files.
    """
    own = Verdict(Fate.NOT_UNDERSTOOD, f"{NOT_UNDERSTOOD}: {faults}") if faults else NOTHING_TO_DO
    return max((own, *files), key=lambda verdict: verdict.fate)
