"""What a run did, in one line, and what that means for its exit code."""

import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TypeVar

from buildhub.counts.published import PublishedCounts
from buildhub.counts.read import ReadCounts
from buildhub.errors import AlreadyRunning, BuildhubError, ConfigError, CredentialsRefused

Conflict = TypeVar("Conflict")


class ExitCode(IntEnum):
    """What a command's exit code means."""

    SUCCESS = 0
    """Everything that was read is in the catalogue."""
    PARTIAL = 1
    """Most is; the counts say what is not, and running again may mend it."""
    USAGE = 2
    """A setting or an argument cannot work; nothing was done."""
    FAILURE = 3
    """It could not be brought to the end; running again takes it up."""
    ALREADY_RUNNING = 4
    """Another run does the same work; nothing was done."""
    INTERRUPTED = 130
    """Ctrl-C; running again takes it up."""


def exit_code_of(error: BuildhubError) -> ExitCode:
    """Return the exit code of a command that *error* ended."""
    if isinstance(error, (ConfigError, CredentialsRefused)):
        return ExitCode.USAGE
    return ExitCode.ALREADY_RUNNING if isinstance(error, AlreadyRunning) else ExitCode.FAILURE


@dataclass(slots=True)
class Summary:
    """PublishedCounts of a run, filled while it goes.

    Attributes:
        read_counts: what was read, and left out.
        published: what the server did with the records.
        conflicts: builds left out because another file takes their ID.
        requests: that the archive was asked, where they are counted.
        messages: of a queue that were worked on, each as often as it came.
        waiting: those of them that come again because metadata is not there yet.
        failure: what ended the run early.
        bytes_total: size of all that is to be read, gzipped; compare :attr:`ReadCounts.bytes_read`.
    """

    read_counts: ReadCounts = field(default_factory=ReadCounts)
    published: PublishedCounts = field(default_factory=PublishedCounts)
    conflicts: int = 0
    requests: int = 0
    messages: int = 0
    waiting: int = 0
    failure: BuildhubError | None = None
    bytes_total: int = 0
    clock: Callable[[], float] = field(default=time.monotonic, repr=False)
    started: float = field(default=0.0, repr=False)

    def __post_init__(self) -> None:
        self.started = self.clock()

    @property
    def seconds(self) -> float:
        """How long the run takes so far."""
        return self.clock() - self.started

    @property
    def exit_code(self) -> ExitCode:
        """The exit code of a command that ends with this run."""
        if self.failure:
            return exit_code_of(self.failure)
        partial = self.read_counts.unsettled or self.published.invalid
        return ExitCode.PARTIAL if partial else ExitCode.SUCCESS

    def line(self) -> str:
        """Return the whole run as one line."""
        read, published = self.read_counts, self.published
        parts = [
            f"read {read.rows}",
            f"builds {read.builds}",
            f"created {published.created}",
            f"updated {published.updated}",
            f"unchanged {published.unchanged}",
            f"invalid {_by_reason(published.invalid)}",
            f"conflicts {self.conflicts}",
        ]
        if read.listings:
            pages = f"listings {read.listings} ({read.listings_unchanged} unchanged)"
            parts[:0] = [f"requests {self.requests}", pages]
        if self.messages:
            parts = [f"messages {self.messages}", *parts, f"waiting {self.waiting}"]
        if read.unsettled:
            parts.append(f"unsettled {_by_reason(read.unsettled)}")
        parts.append(f"seconds {self.seconds:.1f}")
        return ", ".join(parts)

    def counting_conflicts(
        self, on_conflict: Callable[[Conflict], None]
    ) -> Callable[[Conflict], None]:
        """Return a function that counts each conflict, and calls *on_conflict* with it."""

        def count(conflict: Conflict) -> None:
            self.conflicts += 1
            on_conflict(conflict)

        return count

    def skipped_lines(self) -> list[str]:
        """Return what was left out, a line a reason, the most frequent first."""
        return [
            f"skipped {reason}: {count}" for reason, count in self.read_counts.skipped.most_common()
        ]


def _by_reason(counts: Counter[str]) -> str:
    if not counts:
        return "0"
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
    return f"{counts.total()} ({reasons})"
