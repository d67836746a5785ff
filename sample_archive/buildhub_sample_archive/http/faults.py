"""Faults that the server injects into its responses, by path."""

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
    "error": "500, as the listing service sends when its store fails",
    "html": "200 with an HTML page instead of the body",
    "octet-stream": "the right body as application/octet-stream",
    "xml": "200 with XML instead of JSON",
    "nameless": "the folder page has a file without a name, as for a folder marker",
    "listed-only": "404 for a file that is on the folder page",
    "no-metadata": "404 for metadata files, which are not on the folder page either",
    "truncated": "the connection is closed halfway through the body",
    "delay": "the response comes after *seconds*",
}
"""Each kind of fault, and what a client sees."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault.

    Attributes:
        kind: a name from `FAULT_KINDS`.
        pattern: a regular expression, searched in the decoded path that starts with a slash.
        rate: the share of those paths, 0 to 1; which ones depends on *seed* alone.
        times: number of requests for a path that fail; 0 means all.
        seconds: duration of a delay, or the value of Retry-After.
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

    def applies_to(self, path: str) -> bool:
        """Return whether the fault applies to *path*."""
        if not re.search(self.pattern, path):
            return False
        return made_up.number(self.seed, self.kind, path) < self.rate * _RATES


class Faults:
    """The active faults, and how often each has been injected for each path."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._faults = tuple(faults)
        self._injected: Counter[tuple[Fault, str]] = Counter()

    def due(self, path: str) -> dict[str, Fault]:
        """Return the faults for this request for *path*, by kind, and count them."""
        chosen = {}
        for fault in self._faults:
            if not fault.applies_to(path):
                continue
            if fault.times and self._injected[fault, path] >= fault.times:
                continue
            self._injected[fault, path] += 1
            chosen[fault.kind] = fault
        return chosen


def parse_fault(text: str) -> Fault:
    """Parse a fault from the command line: ``busy,times=2,seconds=0@candidates/.*json$``.

    Raises:
        ValueError: unknown kind or option, not a number, or a pattern that does not compile.
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
            message = f"option {name!r} in fault {text!r}: {value!r} is not a number"
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
