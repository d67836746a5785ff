"""What becomes of an event: one verdict, whichever way the event came.

A queue's consumer, the webhook and AWS Lambda each have their own way to say it; see their tables.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum

METADATA_AWAITED = "metadata-awaited"
NOT_UNDERSTOOD = "not-understood"
OUT_OF_REACH = "archive-out-of-reach"
NOT_IN_ARCHIVE = "file-not-in-archive"


class Fate(IntEnum):
    """What becomes of a file that was written, or of a message about such files.

    A message gets the greatest fate of its files and of its own form. So it comes again as long as
    that can help any part of it, and only then is it given up for the other parts.
    """

    NOTHING_TO_DO = 0
    """The message names no file that was written."""
    SKIPPED = 1
    """The file is no build, or none that is wanted."""
    DONE = 2
    """The catalogue has what there is to know."""
    NOT_IN_ARCHIVE = 3
    """The archive does not have the file; looking again may find it."""
    AWAITS_METADATA = 4
    """It is published without its metadata, which is not there yet; looking again may find it."""
    NOT_UNDERSTOOD = 5
    """The message is not in a form that can be read; trying again is pointless."""
    REFUSED = 6
    """The server will not have the record; trying again is pointless."""
    RETRY = 7
    """The archive does not answer; try again later."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A fate, and the reason, for people; it begins with a word that can be counted.

    Attributes:
        skipped: of a message: the reason for each file that leads to no record, by path.
    """

    fate: Fate
    reason: str = ""
    skipped: Mapping[str, str] = field(default_factory=dict)

    @property
    def reason_code(self) -> str:
        """The reason's first part, ``record-refused`` for instance."""
        return self.reason.partition(":")[0]

    @property
    def is_without_record(self) -> bool:
        """Whether a file leads to no record, for a reason that lies in the file."""
        return bool(self.reason) and self.fate <= Fate.NOT_IN_ARCHIVE


NOTHING_TO_DO = Verdict(Fate.NOTHING_TO_DO)
DONE = Verdict(Fate.DONE)


def message_verdict(faults: str, files: Mapping[str, Verdict]) -> Verdict:
    """Return the verdict on a message.

    Args:
        faults: what could not be understood of it; "" where all was.
        files: the verdicts on its files, by path.
    """
    own = Verdict(Fate.NOT_UNDERSTOOD, f"{NOT_UNDERSTOOD}: {faults}") if faults else NOTHING_TO_DO
    greatest = max((own, *files.values()), key=lambda verdict: verdict.fate)
    skipped = {path: each.reason_code for path, each in files.items() if each.is_without_record}
    return replace(greatest, skipped=skipped)
