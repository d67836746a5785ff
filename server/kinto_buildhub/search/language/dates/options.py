"""Options with which queries and aggregations read and write dates."""

from kinto_buildhub.search.language.dates.formats import check_format
from kinto_buildhub.search.language.dates.time_zones import parse_time_zone
from kinto_buildhub.search.language.reader import Reader


def read_date_format(reader: Reader) -> str | None:
    """Take ``format``, which has to be one of dates."""
    text: str | None = reader.text("format", None)
    if text is not None:
        check_format(text, reader.at("format"))
    return text


def read_time_zone(reader: Reader) -> str | None:
    """Take ``time_zone``, checked."""
    zone: str | None = reader.text("time_zone", None)
    if zone is not None:
        parse_time_zone(zone, reader.at("time_zone"))
    return zone
