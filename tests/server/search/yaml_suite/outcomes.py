"""What comes of a test, and the tables of what is not applicable, refused or known to fail."""

import enum
import re
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from tests.server.search.yaml_suite.spec import YamlTest


class Result(enum.IntEnum):
    """From good to bad: a test has the worst of its steps."""

    PASS = 0
    NOT_APPLICABLE = 1
    REFUSED = 2
    SILENT = 3
    WRONG = 4
    SERVER_ERROR = 5

    @property
    def label(self) -> str:
        """As it is printed."""
        return _LABELS[self]


_LABELS = {
    Result.PASS: "pass",
    Result.NOT_APPLICABLE: "not applicable",
    Result.REFUSED: "refused (documented)",
    Result.SILENT: "silent difference",
    Result.WRONG: "wrong",
    Result.SERVER_ERROR: "5xx",
}


@dataclass(frozen=True)
class Outcome:
    """What came of a test, or of one of its steps, and why."""

    result: Result
    why: str = ""


PASSED = Outcome(Result.PASS)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """Return the first of the worst."""
    return max(outcomes, key=lambda outcome: outcome.result, default=PASSED)


@dataclass(frozen=True)
class NotApplicable:
    """Tests of something that a collection is not.

    Attributes:
        files: a pattern of file names, with ``*``.
        why: in a sentence that could stand in the documentation.
        content: a regular expression that the steps as JSON must have; "" for any.
    """

    files: str
    why: str
    content: str = ""


@dataclass(frozen=True)
class Refused:
    """Something that our server refuses by name, and the documentation says so.

    Attributes:
        message: a regular expression of the error's message.
        documented: what ``docs/api/search.rst`` says about it.
    """

    message: str
    documented: str


NOT_APPLICABLE: tuple[NotApplicable, ...] = (
    NotApplicable("bulk/*", "records are written through Kinto's API"),
    NotApplicable("create/*", "records are written through Kinto's API"),
    NotApplicable("delete/*", "records are written through Kinto's API"),
    NotApplicable("index/*", "records are written through Kinto's API"),
    NotApplicable("update/*", "records are written through Kinto's API"),
    NotApplicable("cat.*", "clusters are operated through their own API"),
    NotApplicable("cluster.*", "clusters are operated through their own API"),
    NotApplicable("indices.*", "indexes are made from collections"),
    NotApplicable("ingest/*", "clusters are operated through their own API"),
    NotApplicable("nodes.*", "clusters are operated through their own API"),
    NotApplicable("scripts/*", "there are no scripts"),
    NotApplicable("snapshot.*", "clusters are operated through their own API"),
    NotApplicable("tasks.*", "clusters are operated through their own API"),
    NotApplicable("search_shards/*", "clusters are operated through their own API"),
    NotApplicable("explain/*", "there is no such endpoint"),
    NotApplicable("field_caps/*", "there is no such endpoint"),
    NotApplicable("termvectors/*", "there is no such endpoint"),
    NotApplicable("mtermvectors/*", "there is no such endpoint"),
    NotApplicable("suggest/*", "suggesters return no suggestions"),
    NotApplicable("*", "a collection has no document types", r'"include_type_name": true'),
    NotApplicable("*_with_types.yml", "a collection has no document types"),
    NotApplicable("mget/11_default_index_type.yml", "a collection has no document types"),
    NotApplicable("*get/40_routing.yml", "a collection has no shards to route to"),
    NotApplicable(
        "search/160_exists_query.yml", "a collection has no shards to route to", '"_routing"}'
    ),
    NotApplicable("search/160_exists_query.yml", "a collection has no document types", '"_type"}'),
    NotApplicable("get/90_versions.yml", "the version of a record is its timestamp"),
    NotApplicable("mget/13_missing_metadata.yml", "the address of a collection names the index"),
    NotApplicable(
        "*",
        "limits are settings of the server, not of an index",
        "max_terms_count|max_analyzed_offset|max_keep_alive",
    ),
    NotApplicable("*", "a collection cannot be closed", "indices.close"),
    NotApplicable("search/320_disallow_queries.yml", "limits are settings of the server"),
    NotApplicable("search.aggregation/240_max_buckets.yml", "limits are settings of the server"),
)

_LANGUAGE = "is refused with an error that names it"
_OPTIONS = "Options of Elasticsearch that would change the answer, and that are not supported here"
_MAPPING = "Options of the mapping that are not honoured are refused"
_UNKNOWN = "``stored_fields`` of ``get`` and ``mget``"
REFUSED: tuple[Refused, ...] = (
    Refused(r"unknown query '", _LANGUAGE),
    Refused(r"unknown aggregation '", _LANGUAGE),
    Refused(r"type '\w+' is not supported; expected one of boolean", "Field types are"),
    Refused(r"^index:schema", _MAPPING),
    Refused(r"seq_no_primary_term: expected false", _OPTIONS),
    Refused(r"option '(profile|explain|seq_no_primary_term)' is supported with false", _OPTIONS),
    Refused(r"(unknown option|option) '(rescore|slice)'", _OPTIONS),
    Refused(r"stored_fields: '_none_'", "``stored_fields`` ``_none_``"),
    Refused(r"option '(script|value_type|hdr|analyzer)' is not supported", _OPTIONS),
    Refused(
        r"unknown parameter 'stored_fields'|document: unknown option 'stored_fields'", _UNKNOWN
    ),
    Refused(r"inner_hits: option 'collapse'", "``collapse`` in its ``inner_hits``"),
    Refused(
        r"query\.terms\.\w+: expected a list of values, got an object",
        "``terms`` with the values of another document",
    ),
)


def not_applicable(test: YamlTest) -> NotApplicable | None:
    """Return the first row that says why a test is not applicable."""
    for row in NOT_APPLICABLE:
        if fnmatchcase(test.file, row.files) and re.search(row.content, test.text):
            return row
    return None


def refused(message: str) -> Refused | None:
    """Return the first row for an error's message."""
    return next((row for row in REFUSED if re.search(row.message, message)), None)
