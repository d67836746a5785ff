"""The entity tag of a compressed answer; see docs/decisions/0014-entity-tags-of-codings.rst."""

import re

from kinto_buildhub.compression.codings import Coding

_TIMESTAMP = re.compile(r'"[0-9]+"')


def coded_tag(tag: str, coding: Coding) -> str:
    """Return the tag of an answer in another coding.

    A timestamp gets zeros in front, so that it is another tag and the same number. Any other tag
    becomes a weak one.
    """
    if _TIMESTAMP.fullmatch(tag):
        return f'"{coding.zeros}{tag[1:]}'
    return tag if tag.startswith("W/") else f"W/{tag}"
