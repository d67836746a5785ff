"""The one format of log lines, for the server and the jobs: ``name=value`` pairs (logfmt).

Values may come from others: a reason phrase of HTTP, a file name, a record. Whatever they contain,
a line stays one line, and a terminal takes nothing in it for a command.
"""

import re
from collections.abc import Mapping
from typing import Any

# Control characters, line separators, and marks that change the direction of text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
_NEEDS_QUOTES = re.compile(r'[\s="]')
_NO_NAME = re.compile(r"[\s=\"]")

_FIRST = ("timestamp", "level", "event")


def escape(text: str) -> str:
    """Return *text* on one line, with escapes in place of what controls a terminal."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def format_line(fields: Mapping[str, Any]) -> str:
    """Return *fields* as one line: time, level and event first, the rest in the given order."""
    names = [name for name in _FIRST if name in fields]
    names += [name for name in fields if name not in _FIRST]
    return " ".join(f"{_NO_NAME.sub('_', escape(name))}={_value(fields[name])}" for name in names)


def _value(value: Any) -> str:
    text = escape(str(value))
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
