"""Text for people: on a terminal, in a log, in an answer.

Some of it was written by others, as reason phrases, file names and manifests are. It must not
control a terminal. And addresses may hold credentials, which nobody may read there.
"""

import re

# Control characters, line separators, and marks that change the direction of text.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
# Up to the last @ before the path: passwords may contain one.
_CREDENTIALS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*://)[^/\s?#'\"]*@")

# JSON has escapes of its own for those below a space.
_CONTROLS_IN_JSON = re.compile("[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")


def escape(text: str) -> str:
    """Return *text* on one line, with escapes in place of what controls a terminal."""
    return _UNPRINTABLE.sub(lambda found: ascii(found[0])[1:-1], text)


def printable(text: str) -> str:
    """Return *text* on one line, without control characters and without credentials in URLs."""
    return escape(without_credentials(text))


def without_credentials(text: str) -> str:
    """Return *text* with ``…`` in place of user names and passwords in its URLs."""
    return _CREDENTIALS.sub(r"\1…@", text)


def printable_json(document: bytes) -> str:
    """Return the same JSON with escapes for what controls a terminal."""
    return _CONTROLS_IN_JSON.sub(lambda found: f"\\u{ord(found[0]):04x}", document.decode())
