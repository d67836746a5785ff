"""The one format of log lines, for the server and the jobs: ``name=value`` pairs (logfmt).

Values may come from others: a reason phrase of HTTP, a file name, a record. Whatever they contain,
a line stays one line, and a terminal takes nothing in it for a command.
"""

import re
from collections.abc import Mapping
from typing import Any

from buildhub_schema.text.printable import printable

_NEEDS_QUOTES = re.compile(r'[\s="]')
_NO_NAME = re.compile(r"[\s=\"]")

_FIRST = ("timestamp", "level", "event")


def format_line(fields: Mapping[str, Any]) -> str:
    """Return *fields* as one line: time, level and event first, the rest in the given order."""
    names = [name for name in _FIRST if name in fields]
    names += [name for name in fields if name not in _FIRST]
    return " ".join(
        f"{_NO_NAME.sub('_', printable(name))}={_value(fields[name])}" for name in names
    )


def _value(value: Any) -> str:
    text = printable(str(value))
    if text and not _NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
