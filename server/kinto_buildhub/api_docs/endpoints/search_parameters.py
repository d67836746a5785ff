"""The parameters of searches. A test compares the names with those that searches take."""

from kinto_buildhub.api_docs.components import TEXT, WHOLE
from kinto_buildhub.api_operations import Parameter

_FLAG = {"type": "boolean"}

Q = Parameter("q", "A query in Lucene's syntax.", "target.version:53.0b9", filled_in=True)
BODY_PARAMETER = Parameter("source", "The body, for clients that cannot send one.", "{}")
FILTER_PATH = Parameter(
    "filter_path", "Only these parts of the answer, separated by commas.", "hits.total,took"
)
KEEP_ALIVE = Parameter(
    "keep_alive", "How long it is to be kept.", "1m", required=True, filled_in=True
)

_QUERY = (
    Q,
    Parameter("df", "Field of words without a field.", "target.version"),
    Parameter("default_operator", "Between words.", "AND", {"enum": ["AND", "OR", "and", "or"]}),
    Parameter("lenient", "Values that are none of their field find nothing.", True, _FLAG),
    Parameter("analyze_wildcard", "Analyse words with wildcards.", False, _FLAG),
)
_SINGULAR = tuple(
    Parameter(f"_source_{name}", f"Older name of `_source_{name}s`.", "target")
    for name in ("include", "exclude")
)
SOURCE_PARAMETERS = (
    Parameter("_source", "Fields of the record to return; `false` for none.", "target,build.id"),
    Parameter("_source_includes", "Fields of the record to return.", "target"),
    Parameter("_source_excludes", "Fields of the record to leave out.", "build"),
    *_SINGULAR,
)
_SHARED = (
    Parameter("typed_keys", "Names of aggregations begin with their types.", False, _FLAG),
    Parameter("rest_total_hits_as_int", "`hits.total` is a number.", False, _FLAG),
)

SEARCH_PARAMETERS = (
    *_QUERY,
    *SOURCE_PARAMETERS,
    Parameter("size", "At most so many hits.", 1, WHOLE, filled_in=True),
    Parameter("from", "Hits to skip.", 0, WHOLE),
    Parameter(
        "sort",
        "`field` or `field:desc`, separated by commas.",
        "download.date:desc",
        filled_in=True,
    ),
    Parameter("track_total_hits", "Count exactly; or up to a number.", "true"),
    Parameter("track_scores", "Scores also where hits are sorted.", False, _FLAG),
    Parameter("version", "Return `_version`, the record's `last_modified`.", True, _FLAG),
    Parameter("timeout", "How long the search may take.", "1s"),
    Parameter("stored_fields", "`_source` and `_none_` have a meaning.", "_source"),
    Parameter("docvalue_fields", "Fields to return as the index has them.", "target.version"),
    *_SHARED,
    Parameter("scroll", "Start a scroll; only at `_search`.", "1m"),
)
COUNT_PARAMETERS = (
    *_QUERY,
    Parameter("min_score", "Least score of what is counted.", "0.5", TEXT),
)
MSEARCH_PARAMETERS = _SHARED
