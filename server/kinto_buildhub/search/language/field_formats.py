"""The ``format`` of a field's values, which depends on the field's type."""

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.dates import format_date
from kinto_buildhub.search.language.dates.written_formats import check_written_format
from kinto_buildhub.search.language.number_formats import check_number_format, format_number
from kinto_buildhub.search.mapping import Field


def check_field_format(field: Field, pattern: str | None, path: str) -> None:
    """Check a format of dates, or of numbers, as the field has.

    Raises:
        BadQuery: it is not one, or the field's values have no formats.
    """
    at = f"{path}.format" if path else "format"
    if pattern is None:
        return
    if field.type == "date":
        check_written_format(pattern, at)
    elif field.is_number:
        check_number_format(pattern, at)
    else:
        raise BadQuery(
            f"field {field.name!r} of type {field.type} has no formats",
            at,
            "illegal_argument_exception",
        )


def format_value(field: Field, value: float, pattern: str | None) -> str | None:
    """Return a value as text in a format that `check_field_format` has accepted.

    Returns:
        None if values of the field have no text without a format.
    """
    if field.type == "date":
        return format_date(value, pattern)
    if field.type == "boolean":
        return "true" if value else "false"
    return None if pattern is None else format_number(value, pattern)
