"""Values of a record that are not indexed, as its hits list them.

Values that do not fit are left out of the index whatever the mapping says. Hits list those of
fields whose mapping asks for it, with ``ignore_above`` or ``ignore_malformed``: to find them, each
record is parsed.
"""

from typing import Any

from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.mapping import Mapping, iter_values
from kinto_buildhub.search.values import record_value


def ignored_parts(
    record: dict[str, Any], mapping: Mapping, wanted: tuple[tree.FetchField, ...]
) -> dict[str, Any]:
    """Return the parts of a hit about values that are not indexed; nothing if there are none.

    Args:
        wanted: of the fields that match these, the values are returned, too.
    """
    values = {
        field.name: [
            value
            for value in iter_values(field, record)
            if value is not None and record_value(field, value) is None
        ]
        for field in mapping.fields_with_ignored
    }
    names = sorted(name for name, found in values.items() if found)
    shown = {
        name: values[name] for name in names if any(is_like(name, fetch.field) for fetch in wanted)
    }
    parts: dict[str, Any] = {"_ignored": names} if names else {}
    return parts | ({"ignored_field_values": shown} if shown else {})
