"""What can go wrong between an archive and its reader, switched on by path: one table."""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from buildhub_sample_archive import made_up

_RATES = 1 << 64


FAULT_KINDS = {
    "missing": "404, for the first *times* requests",
    "unavailable": "503 without Retry-After",
    "busy": "503 with Retry-After: *seconds*",
    "error": "500, as the lister answers when its store fails",
    "html": "200 with an HTML page in place of the answer",
    "octet-stream": "the right body as application/octet-stream",
    "xml": "200 with XML in place of JSON",
    "nameless": "the listing has a file without a name, as of a folder marker",
    "listed-only": "404 for the file, though the folder lists it",
    "no-metadata": "404 for metadata files, which the folder does not list either",
    "truncated": "the connection ends half way through the body",
    "delay": "the answer comes after *seconds*",
}
"""Each kind of fault, and what a reader sees of it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that goes wrong.

    Attributes:
        kind: a name from `FAULT_KINDS`.
        pattern: a regular expression, searched in the decoded path that starts with a slash.
        rate: the share of those paths, 0 to 1; which ones depends on *seed* alone.
        times: for how many requests of a path; 0 means for all.
        seconds: how long a delay takes, or what Retry-After asks for.
    """

    kind: str
    pattern: str = ""
    rate: float = 1.0
    times: int = 0
    seconds: float = 1.0
    seed: int = 0

    def __post_init__(self) -> None:
        if self.kind not in FAULT_KINDS:
            raise ValueError(f"fault {self.kind!r}: expected one of {', '.join(FAULT_KINDS)}")
        re.compile(self.pattern)

    def chooses(self, path: str) -> bool:
        """Tell whether *path* is one of those that this happens to."""
        if not re.search(self.pattern, path):
            return False
        return made_up.number(self.seed, self.kind, path) < self.rate * _RATES


class Faults:
    """The faults that are on, and how often each has happened to each path."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._happened: Counter[tuple[Fault, str]] = Counter()

    def now(self, path: str) -> dict[str, Fault]:
        """Return what goes wrong with this request of *path*, by kind, and count it."""
        chosen = {}
        for fault in self._faults:
            if not fault.chooses(path):
                continue
            if fault.times and self._happened[fault, path] >= fault.times:
                continue
            self._happened[fault, path] += 1
            chosen[fault.kind] = fault
        return chosen


def parse_fault(text: str) -> Fault:
    """Read a fault as the command line gives it: ``busy,times=2,seconds=0@candidates/.*json$``.

    Raises:
        ValueError: unknown kind or option, no number, or a pattern that does not compile.
    """
    description, _, pattern = text.partition("@")
    kind, *options = description.split(",")
    values: dict[str, float] = {}
    for option in options:
        name, _, value = option.partition("=")
        if name not in _OPTIONS:
            expected = ", ".join(_OPTIONS)
            raise ValueError(f"option {name!r} in fault {text!r}: expected one of {expected}")
        try:
            values[name] = _OPTIONS[name](value)
        except ValueError as exc:
            message = f"option {name!r} in fault {text!r}: {value!r} is no number"
            raise ValueError(message) from exc
    try:
        return Fault(kind, pattern, **values)  # type: ignore[arg-type]
    except re.error as exc:
        raise ValueError(f"pattern {pattern!r} in fault {text!r}: {exc}") from exc


_OPTIONS: dict[str, Callable[[str], float]] = {
    "rate": float,
    "times": int,
    "seconds": float,
    "seed": int,
}
