"""Single records by their IDs: ``_doc``, ``_source`` and ``_mget``.

They are read from the storage, so a record is there as soon as its write is answered.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

from kinto.core.storage import Filter
from kinto.core.utils import COMPARISON

from kinto_buildhub.search.endpoint.requests import (
    check_index_name,
    check_names,
    own_index_name,
    read_body,
    read_parameters,
    search_of,
    searched_collection,
)
from kinto_buildhub.search.endpoint.responses import StatusAnswer, elastic_body, elastic_error
from kinto_buildhub.search.errors import BadQuery, IndexMissing
from kinto_buildhub.search.index_names import IndexId
from kinto_buildhub.search.language.hits import parse_source
from kinto_buildhub.search.language.json_values import read_text
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import SourceFilter
from kinto_buildhub.search.language.url_parameters import parse_source_parameters
from kinto_buildhub.search.service import read_json
from kinto_buildhub.search.source import Json as JsonText
from kinto_buildhub.search.source import dump_json, filter_source

_SOURCE_PARAMETERS = (
    *("_source", "_source_includes", "_source_excludes"),
    *("_source_include", "_source_exclude"),
)
# Every answer is current, and there is one index of one shard.
_WITHOUT_EFFECT = ("preference", "realtime", "refresh", "routing")
_DOCUMENT_WITHOUT_EFFECT = ("_type", "routing")

# So that the same ID a thousand times does not fill the memory.
MAX_ANSWER_BYTES = 64 * 2**20
# The number of records that are read at once, as each may be large.
_BATCH_SIZE = 50

Json = dict[str, Any]


class _Wanted(NamedTuple):
    """One record that ``_mget`` asks for, from an index that may be another one."""

    record_id: str
    source: SourceFilter
    index_name: str | None = None


def document_view(request: Any) -> StatusAnswer:
    """Return a record and its timestamp, or that it does not exist."""
    index, _ = searched_collection(request)
    wanted = _Wanted(request.matchdict["record_id"], _source_parameters(request))
    records = _fetch_records(request, index, [wanted.record_id])
    document = _document(own_index_name(request, index), wanted, records)
    return StatusAnswer(200 if document["found"] else 404, document)


def source_view(request: Any) -> Json | StatusAnswer:
    """Return a record, and nothing beside it."""
    index, _ = searched_collection(request)
    source = _source_parameters(request)
    if not source.enabled:
        raise BadQuery("expected true here, got false", "_source", "illegal_argument_exception")
    record_id = request.matchdict["record_id"]
    record = _fetch_records(request, index, [record_id]).get(record_id)
    if record is None:
        reason = f"Document not found [{own_index_name(request, index)}]/[{record_id}]"
        return StatusAnswer(404, elastic_body(404, reason, "resource_not_found_exception"))
    return filter_source(record, source)


def mget_view(request: Any) -> Json:
    """Return several records; one that does not exist does not fail the others.

    Raises:
        BadQuery: a mistake in the request, or an answer of more than `MAX_ANSWER_BYTES`.
    """
    index, _ = searched_collection(request)
    wanted = _wanted_records(request)
    counts = Counter(wanted)
    documents: dict[_Wanted, JsonText] = {}
    size = 0
    for batch in _batches(list(counts)):
        records = _fetch_records(request, index, [each.record_id for each in batch])
        for each in batch:
            text = dump_json(_document_or_error(request, index, each, records))
            documents[each] = JsonText(text)
            size += len(text) * counts[each]
        if size > MAX_ANSWER_BYTES:
            raise BadQuery(f"the answer is larger than {MAX_ANSWER_BYTES} bytes; ask for fewer")
    return {"docs": [documents[each] for each in wanted]}


def _batches(wanted: list[_Wanted]) -> Iterator[list[_Wanted]]:
    for start in range(0, len(wanted), _BATCH_SIZE):
        yield wanted[start : start + _BATCH_SIZE]


def _wanted_records(request: Any) -> list[_Wanted]:
    source, limits = _source_parameters(request), search_of(request).settings.limits
    reader = Reader.of(read_json(read_body(request)), "", "request", Budget(limits))
    wanted = [
        _wanted_record(Reader.of(each, path, "document", reader.budget), source)
        for each, path in reader.list("docs", None)
    ]
    wanted += [_Wanted(read_text(each, path), source) for each, path in reader.list("ids", None)]
    reader.finish()
    if not wanted:
        raise BadQuery("no documents to get", "", "action_request_validation_exception")
    if len(wanted) > limits.result_window:
        raise BadQuery(
            f"at most {limits.result_window} documents in one request "
            f"(kinto.search.max_result_window), got {len(wanted)}"
        )
    return wanted


def _wanted_record(reader: Reader, source: SourceFilter) -> _Wanted:
    reader.ignore(*_DOCUMENT_WITHOUT_EFFECT)
    if reader.has("_source"):
        source = parse_source(reader.raw("_source"), reader.at("_source"))
    wanted = _Wanted(reader.text("_id"), source, reader.text("_index", None))
    reader.finish()
    return wanted


def _document_or_error(
    request: Any, index: IndexId, wanted: _Wanted, records: dict[str, Json]
) -> Json:
    if wanted.index_name is not None:
        try:
            check_index_name(request, index, wanted.index_name)
        except IndexMissing as exc:
            error = elastic_error(exc)["error"]
            return {"_index": wanted.index_name, "_id": wanted.record_id, "error": error}
    return _document(own_index_name(request, index), wanted, records)


def _document(index_name: str, wanted: _Wanted, records: dict[str, Json]) -> Json:
    document: Json = {"_index": index_name, "_id": wanted.record_id}
    record = records.get(wanted.record_id)
    if record is None:
        return {**document, "found": False}
    document |= {"_version": record["last_modified"], "found": True}
    if wanted.source.enabled:
        document["_source"] = filter_source(record, wanted.source)
    return document


def _fetch_records(request: Any, index: IndexId, record_ids: list[str]) -> dict[str, Json]:
    """Return the records that exist, by their IDs."""
    # No ID has a zero byte, and PostgreSQL does not take any.
    possible = sorted({each for each in record_ids if "\0" not in each})
    if not possible:
        return {}
    rows = request.registry.storage.list_all(
        resource_name="record",
        parent_id=index.collection_uri,
        filters=[Filter("id", possible, COMPARISON.IN)],
        limit=len(possible),
    )
    return {row["id"]: row for row in rows}


def _source_parameters(request: Any) -> SourceFilter:
    """Return what the URL says of ``_source``.

    Raises:
        BadQuery: the URL has a parameter that is not supported here.
    """
    parameters = read_parameters(request)
    check_names(parameters, *_SOURCE_PARAMETERS, *_WITHOUT_EFFECT)
    return parse_source_parameters(parameters) or SourceFilter()
