"""Revisions are found by both of their lengths.

Mercurial's names have 40 digits, and their first 12 stand for them. The archive's files hold one or
the other, and so does whatever somebody looks a build up by.
"""

import re
from typing import Any

from kinto.core.utils import json, native_value

from kinto_buildhub.filters.typed import Pairs, parse_parameter
from kinto_buildhub.schema_types import SchemaType, find_schema_type

_FIELD = "source.revision"
_SHORT = 12
_REVISION = re.compile(r"[0-9a-f]{12}(?:[0-9a-f]{28})?")
# Greater than any digit.
_AFTER_DIGITS = "g"


def expand_revision(name: str, value: str, schema: dict[str, Any]) -> Pairs | None:
    """Return Kinto's filters for a revision in either length; None for any other parameter."""
    if parse_parameter(name) != ("eq", _FIELD):
        return None
    native = native_value(value)
    revision = native if isinstance(native, str) else value
    is_revision = _REVISION.fullmatch(revision)
    if not is_revision or find_schema_type(schema, _FIELD) is not SchemaType.STRING:
        return None
    if len(revision) > _SHORT:
        return [(f"in_{_FIELD}", f"{json.dumps(revision)},{json.dumps(revision[:_SHORT])}")]
    return [
        (f"min_{_FIELD}", json.dumps(revision)),
        (f"lt_{_FIELD}", json.dumps(revision + _AFTER_DIGITS)),
        (f"has_{_FIELD}", "true"),
    ]
