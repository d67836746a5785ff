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
# From 1 Jun 2017 to 15 Jun 2017, 2016 to 2017, between May 2017 and June 2017.
_SPELLED_BETWEEN = re.compile(
    r"(?:(?:from )?(?P<first>.+?) (?:to|until)|between (?P<earlier>.+?) and) (?P<last>.+)",
    re.IGNORECASE,
)

_MONTHS = {
    name: number
    for number, name in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
# As the pages write them, and in words: 1 Jun 2017, June 2017, June 1, 2017.
_SPELLED = re.compile(
    r"(?:(?P<day>[0-9]{1,2}) )?"
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
    r"(?: (?P<day_after>[0-9]{1,2}),?)? (?P<year>[0-9]{4})",
    re.IGNORECASE | re.ASCII,
)
_COMPARED = re.compile(
    r"(?:(?P<word>before|until|since|from|after) |(?P<sign>[<>]=?) ?)(?P<days>.+)", re.IGNORECASE
)
# What is shown, the bound, and whether it is the first day of the date or the one after its last.
_COMPARISONS = {
    "before": ("before", "lt", False),
    "<": ("before", "lt", False),
    "until": ("until", "lt", True),
    "<=": ("until", "lt", True),
    "since": ("from", "gte", False),
    "from": ("from", "gte", False),
    ">=": ("from", "gte", False),
    "after": ("after", "gte", True),
    ">": ("after", "gte", True),
}


def date_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand days of publication, or a moment of building or publication."""
    del vocabulary
    return _meaning_of_moment(word.upper()) or meaning_of_days(PUBLISHED, "Published", word)


def meaning_of_days(field: str, label: str, text: str) -> Meaning | None:
    """Understand days: ``2017-06``, ``2017-06-01..2017-06-15``, ``before 1 Jun 2017``."""
    spelled = _SPELLED_BETWEEN.fullmatch(text)
    if spelled is not None:
        text = f"{spelled['first'] or spelled['earlier']}{_BETWEEN}{spelled['last']}"
    found = _COMPARED.fullmatch(text)
    if found is not None:
        return _compared_meaning(field, label, found)
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


def is_spelled_date(text: str) -> bool:
    """Return whether words that follow each other are days together: ``before 1 jun 2017``."""
    return " " in text and meaning_of_days(PUBLISHED, "", text) is not None


def _compared_meaning(field: str, label: str, found: re.Match[str]) -> Meaning | None:
    days = _days(found["days"])
    if days is None:
        return None
    word = (found["word"] or found["sign"]).lower()
    shown, bound, is_after = _COMPARISONS[word]
    clause = in_range(field, **{bound: days[is_after].isoformat()})
    # In no group, so that "after 2016 before 2018" is between the two.
    return Meaning(label, f"{shown} {_plain(found['days'])}", clause)


def _shown(first: str, between: str, last: str) -> str:
    first, last = _plain(first), _plain(last)
    if not between:
        return first
    return f"{first} to {last}" if first and last else f"from {first}" if first else f"until {last}"


def _plain(text: str) -> str:
    """Return a date in digits, with ``-`` between them."""
    found = _SPELLED.fullmatch(text)
    if found is None:
        return text.replace("/", "-")
    month = _MONTHS.get(found["month"][:3].lower(), 0)
    day = found["day"] or found["day_after"]
    return f"{found['year']}-{month:02}" + (f"-{int(day):02}" if day else "")


def _days(text: str) -> tuple[date, date] | None:
    """Return the first day of a date, and the one after its last; None if there is no such date."""
    found = _DATE.fullmatch(_plain(text))
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
