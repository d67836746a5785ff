"""Filters by a timestamp: Kinto lets values through that the database cannot compare."""

from datetime import UTC, datetime, timedelta

from kinto.core.utils import decode64, json, msec_time, native_value

from kinto_buildhub.filters.errors import BadFilter
from kinto_buildhub.filters.typed import Pairs, parse_parameter
from kinto_buildhub.request_hooks.headers.entity_tags import strong_tag

_TIMESTAMP = "last_modified"
_TAGGED = frozenset({"_since", "_before", "_to"})
_COMPARISONS = frozenset({"eq", "not", "lt", "gt", "min", "max"})
# Python reads longer numbers slowly.
_MOST_DIGITS = 1000
# Kinto takes none that is later.
_LONGEST_AHEAD = timedelta(days=1)


def strong_tags(pairs: Pairs) -> Pairs:
    """Return *pairs* with strong entity tags in ``_since``, ``_before`` and ``…last_modified``.

    Clients pass on what proxies have made of them.
    """
    return [(name, _strong(value) if _takes_tag(name) else value) for name, value in pairs]


def _takes_tag(name: str) -> bool:
    operator, field = parse_parameter(name)
    return field in _TAGGED or (field == _TIMESTAMP and operator in _COMPARISONS)


def _strong(value: str) -> str:
    """Return a tag as a strong one; lists of them, which headers may have, mean nothing here."""
    return value if "," in value else strong_tag(value)


def check_timestamps(pairs: Pairs) -> None:
    """Check the filters by ``last_modified``; what Kinto itself refuses is left to it.

    Raises:
        BadFilter: a number with a fraction or an exponent, also in a token, a search for text, or a
            moment more than a day from now.
    """
    for name, value in pairs:
        name = name.strip()
        if name == "_token":
            _check_token(value)
        operator, field = parse_parameter(name)
        if _takes_tag(name):
            _check_not_ahead(name, value)
        if field != _TIMESTAMP:
            continue
        if operator == "like":
            raise BadFilter(name, f"{_TIMESTAMP} is a number, and like_ looks into text")
        if operator in _COMPARISONS and isinstance(native_value(value), float):
            raise BadFilter(name, f"expected a timestamp, whole milliseconds, got {value!r}")


def _check_not_ahead(name: str, value: str) -> None:
    """Say what Kinto does not: that a timestamp is in the future, perhaps of microseconds."""
    text = _strong(value).strip().strip('"')
    is_whole = text.isascii() and text.isdigit()
    latest_ms = msec_time() + _LONGEST_AHEAD // timedelta(milliseconds=1)
    if is_whole and int(text[:_MOST_DIGITS]) >= latest_ms:
        latest = datetime.fromtimestamp(latest_ms // 1000, UTC).isoformat()
        raise BadFilter(
            name,
            f"{value} is more than a day in the future; expected milliseconds since 1970, below "
            f"{latest_ms} ({latest})",
        )


def check_deletion(pairs: Pairs) -> Pairs:
    """Return the parameters of the deletion of one object, with its timestamp as a number.

    Raises:
        BadFilter: the timestamp is not a whole number.
    """
    return [(name, _whole(value) if name == _TIMESTAMP else value) for name, value in pairs]


def _whole(value: str) -> str:
    text = _strong(value).strip('"')
    if not (text.isascii() and text.isdigit()):
        raise BadFilter(_TIMESTAMP, f"expected a timestamp, whole milliseconds, got {value!r}")
    return text


def _check_token(token: str) -> None:
    """Check the timestamp in the token of a page; all else in it is checked by Kinto."""
    try:
        timestamp = json.loads(decode64(token))["last_object"][_TIMESTAMP]
    except (ValueError, KeyError, TypeError):
        return
    if isinstance(timestamp, float):
        raise BadFilter("_token", "_token has invalid content")
