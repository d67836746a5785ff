"""Entity tags as proxies pass them on: weak ones, with a suffix, and lists of them.

A proxy that compresses an answer weakens its tag, or as Apache appends the coding to it, and a
cache may ask for any of several versions. Kinto reads one strong tag. kinto-http strips the quotes
of a tag, and puts them around what is left: of a weak one it makes ``"W/"5"`` in Python, and
``"W/5"`` in JavaScript; in a query string, the same without the quotes around it.
"""

import re
from typing import Any

from pyramid.events import NewRequest

_HEADERS = ("HTTP_IF_NONE_MATCH", "HTTP_IF_MATCH")
_TEXT = r"[0-9]{1,19}(?:--?(?:gzip|deflate|br|zstd))?"
_TAG = rf'(?:(?:W/)?"{_TEXT}"|"W/"{_TEXT}"|W/"{_TEXT}|"W/{_TEXT}"|W/{_TEXT})'
_TAGS = re.compile(rf"\s*{_TAG}(?:\s*,\s*{_TAG})*\s*")
_NUMBER = re.compile(r"[0-9]+")


def includeme(config: Any) -> None:
    """Subscribe to each request."""
    config.add_subscriber(_on_new_request, NewRequest)


def strong_tag(value: str) -> str:
    """Return the latest of the tags as a strong one; anything else is itself, for Kinto to refuse.

    Tags are timestamps, and of all that a client knows only the latest can be the current one.
    """
    if value.startswith("*") and value != "*":
        return f'"{value}"'  # Kinto takes it for a number, and fails.
    if not _TAGS.fullmatch(value):
        return value
    return f'"{max(int(number) for number in _NUMBER.findall(value))}"'


def _on_new_request(event: Any) -> None:
    environ = event.request.environ
    for name in _HEADERS:
        if name in environ:
            environ[name] = strong_tag(environ[name])
