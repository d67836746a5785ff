"""The ``format`` of a field's values, which depends on the field's type."""

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates.formats import check_format
from kinto_buildhub.search.language.number_formats import check_number_format
from kinto_buildhub.search.mapping import Field


def check_field_format(field: Field, pattern: str | None, path: str) -> None:
    """Check a format of dates, or of numbers, as the field has.

    Raises:
        BadQuery: it is not one, or the field's values have no formats.
    """
    at = f"{path}.format"
    if pattern is None:
        return
    if field.type == "date":
        check_format(pattern, at)
    elif field.is_number:
        check_number_format(pattern, at)
    else:
        raise BadQuery(
            f"field {field.name!r} of type {field.type} has no formats",
            at,
            "illegal_argument_exception",
        )
