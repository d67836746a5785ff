"""Why there is no newest build: the first part of the address that nothing has."""

from dataclasses import replace
from difflib import get_close_matches

from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.latest.names import other_names
from kinto_buildhub.latest.searches import find_values
from kinto_buildhub.latest.wanted import FIELDS, Wanted

# Longer lists help nobody, and longer texts resemble no name.
_MOST_NAMES = 20
_LONGEST_NAME = 40


def explain_missing(catalogue: Catalogue, wanted: Wanted) -> str:
    """Return a sentence that names what the catalogue lacks, and what may have been meant.

    It takes a search for each part of the address.
    """
    within = Wanted()
    for part, field in FIELDS.items():
        value = getattr(wanted, part)
        if not value:
            break
        values = find_values(catalogue, within, field)
        if value not in values:
            return _no_such(part, value, within.title(), values)
        within = replace(within, **{part: value})
        if part == "channel":
            within = replace(within, versions=wanted.versions, alias=wanted.alias)
    names = within.title() or "the catalogue"
    bound = f" from before {wanted.before.isoformat()}" if wanted.before else ""
    return f"There is no build of {names}{bound}."


def _no_such(part: str, value: str, of: str, values: tuple[str, ...]) -> str:
    owner = f"{of} has" if of else "The catalogue has"
    if not values:
        return f"{owner} no builds."
    nearest = _nearest(part, value, values)
    meant = f" Is {nearest!r} meant?" if nearest else ""
    there = ", ".join(sorted(values[:_MOST_NAMES]))
    more = ", …" if len(values) > _MOST_NAMES else ""
    return f"{owner} no {part} {value!r}.{meant} There are: {there}{more}."


def _nearest(part: str, value: str, values: tuple[str, ...]) -> str | None:
    others = other_names(part)
    names = [*values, *(name for name, known in others.items() if known in values)]
    near = get_close_matches(value[:_LONGEST_NAME], names, n=1)
    return near[0] if near else None
