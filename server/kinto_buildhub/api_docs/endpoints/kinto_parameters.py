"""The parameters of Kinto's own resources."""

from kinto_buildhub.api_docs.components import TEXT, TIMESTAMP, WHOLE
from kinto_buildhub.api_operations import Parameter

LIMIT = Parameter(
    "_limit",
    "At most so many. `Next-Page` has the address of the others.",
    10,
    WHOLE,
    filled_in=True,
)
FIELDS = Parameter(
    "_fields", "Only these fields, separated by commas, besides `id` and `last_modified`.", "id"
)
SELECTION = (
    LIMIT,
    Parameter("_token", "The place in the list; only `Next-Page` has valid ones.", "eyJsYXN0…"),
    Parameter(
        "_sort",
        "Fields to sort by, separated by commas; `-` before one for descending order.",
        "-last_modified",
    ),
    Parameter("_since", "Changed after this time, deleted objects included.", 0, TIMESTAMP),
    Parameter(
        "_to", "Changed before this time; the older name of `_before`.", 1700000000000, WHOLE
    ),
    Parameter("_before", "Changed before this time.", 1700000000000, TIMESTAMP),
)
LISTING = (*SELECTION, FIELDS)
FILTERS = Parameter(
    "filters",
    "Any field as a parameter, with the value that it is to have: `title=Some text`. With an "
    "operator before its name: `min_`, `max_`, `gt_`, `lt_`, `not_`, `in_`, `exclude_`, `like_`, "
    "`has_`, `contains_`, `contains_any_`. See "
    "[Filters](https://buildhub.readthedocs.io/en/latest/api/filters.html).",
    {},
    {"type": "object", "additionalProperties": TEXT},
    filled_in=True,  # Else forms would fill in a field that no record has.
)
# One, or several with commas between them; weak ones are taken as strong ones.
_TAG = r'(W/)?"[0-9]+"'
_TAGS = {**TEXT, "pattern": rf"^(\*|{_TAG}( *, *{_TAG})*)$"}

IF_NONE_MATCH = Parameter(
    "If-None-Match",
    "The `ETag` of an earlier answer: 304 if nothing has changed since.",
    '"1498140377629"',
    _TAGS,
    place="header",
)
IF_MATCH = Parameter(
    "If-Match",
    "The `ETag` of the version that the change is based on: 412 if it is not the current one.",
    '"1498140377629"',
    _TAGS,
    place="header",
)
ONLY_NEW = Parameter(
    "If-None-Match", "`*`: 412 if there is one already.", "*", {"const": "*"}, place="header"
)
