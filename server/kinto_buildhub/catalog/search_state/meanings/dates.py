"""Dates: a day, a month, a year, or from one to another: days of publication, in UTC."""

import re
from datetime import UTC, date, datetime, timedelta

from buildhub_schema.fields import FIELDS

from kinto_buildhub.catalog.search_state.clauses import any_of, equals, in_range
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

PUBLISHED = next(field.name for field in FIELDS if field.published)
BUILT = "build.date"

_DATE = re.compile(
    r"(?P<year>(?:19[89]|20[0-9])[0-9])(?:[-/](?P<month>[0-9]{1,2})(?:[-/](?P<day>[0-9]{1,2}))?)?"
)
_MOMENT = re.compile(
    r"(?P<day>[0-9-]{10})T[0-9:]{5,8}(?:\.[0-9]{1,6})?(?:Z|[+-][0-9]{2}:[0-9]{2})?"
)
_BETWEEN = ".."


def date_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand days of publication, or a moment of building or publication."""
    del vocabulary
    return _meaning_of_moment(word.upper()) or meaning_of_days(PUBLISHED, "Published", word)


def meaning_of_days(field: str, label: str, text: str) -> Meaning | None:
    """Understand days: ``2017-06``, ``2017-06-01..2017-06-15``, ``2017..`` or ``..2017``."""
    first_text, between, last_text = text.partition(_BETWEEN)
    if not between:
        last_text = first_text
    if not first_text and not last_text:
        return None
    first, last = _days(first_text), _days(last_text)
    if (first_text and first is None) or (last_text and last is None):
        return None
    bounds = {}
    if first:
        bounds["gte"] = first[0].isoformat()
    if last:
        bounds["lt"] = last[1].isoformat()
    return Meaning(label, _shown(first_text, between, last_text), in_range(field, **bounds), field)


def _shown(first: str, between: str, last: str) -> str:
    first, last = first.replace("/", "-"), last.replace("/", "-")
    if not between:
        return first
    return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}"


def _days(text: str) -> tuple[date, date] | None:
    """Return the first day of a date, and the one after its last; None if there is no such date."""
    found = _DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day = (int(part or 0) for part in found.groups())
    try:
        first = date(year, month or 1, day or 1)
    except ValueError:
        return None
    if day:
        return first, first + timedelta(days=1)
    if month:
        return first, date(year + month // 12, month % 12 + 1, 1)
    return first, date(year + 1, 1, 1)


def _meaning_of_moment(text: str) -> Meaning | None:
    found = _MOMENT.fullmatch(text)
    if found is None or _days(found["day"]) is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    shown = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Meaning(
        "Built or published", shown, any_of([equals(BUILT, shown), equals(PUBLISHED, shown)])
    )
