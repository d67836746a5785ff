"""Changes, sent to a cluster in bounded bulk requests.

A document's version is the timestamp of its record, so an older change never overwrites a newer
one, and any process may send the same changes again. A record that the cluster refuses is indexed
as far as possible.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import orjson
import structlog

from kinto_buildhub.search.elastic.client import TEMPORARY_ERRORS, Client
from kinto_buildhub.search.elastic.documents import build_document, build_wrapped_document
from kinto_buildhub.search.elastic.generations import Generation
from kinto_buildhub.search.engine import Change, IndexMissing, Unavailable

# Servers handle requests of a few megabytes best, and refuse much larger ones.
MAX_REQUEST_BYTES = 4 * 2**20
MAX_REQUEST_CHANGES = 2000
BULK_TIMEOUT_SECONDS = 60.0

# A request with a longer ID is refused as a whole. Kinto's IDs are ASCII.
MAX_ID_BYTES = 512

# The index has a newer version already.
_CONFLICT = 409
_MISSING = 404

log = structlog.get_logger(__name__)

Action = tuple[Change, list[bytes]]


def send_changes(client: Client, generation: Generation, changes: Sequence[Change]) -> None:
    """Send *changes* to an index; when this returns, they are on its disk.

    Raises:
        IndexMissing: it is gone.
        Unavailable: some were not accepted now. Send all of them again.
    """
    mapping = generation.mapping
    too_long = [each for each in changes if len(each.record_id) > MAX_ID_BYTES]
    fitting = [each for each in changes if len(each.record_id) <= MAX_ID_BYTES]
    refused = _send(client, generation, fitting, lambda each: build_document(each, mapping))
    # Refused documents are sent again, with fewer of their values indexed each time.
    refused = _send(client, generation, refused, lambda each: build_wrapped_document(each, mapping))
    refused = _send(client, generation, refused, lambda each: build_wrapped_document(each, None))
    for change in (*refused, *too_long):
        log.error("record_not_indexable", record_id=change.record_id, index_name=generation.name)


def _send(
    client: Client, generation: Generation, changes: Iterable[Change], build: Any
) -> list[Change]:
    """Send *changes* as documents made by *build*; return those that were refused for good."""
    refused = []
    actions = ((change, _action(change, build)) for change in changes)
    for chunk in _chunks(actions):
        lines = [line for _, action in chunk for line in action]
        answer = client.perform_request(
            "POST", f"/{generation.write_alias}/_bulk", lines, require_alias="true"
        )
        if not answer["errors"]:
            continue
        for (change, _), item in zip(chunk, answer["items"], strict=True):
            (result,) = item.values()
            if _is_refused(result):
                log.warning(
                    "record_refused",
                    record_id=change.record_id,
                    index_name=generation.name,
                    reason=result["error"].get("reason"),
                )
                refused.append(change)
    return refused


def _action(change: Change, build: Any) -> list[bytes]:
    kind = "index" if change.record is not None else "delete"
    # Versions start at 0, timestamps do not.
    version = max(0, change.timestamp)
    about = {"_id": change.record_id, "version": version, "version_type": "external_gte"}
    head = orjson.dumps({kind: about})
    return [head] if change.record is None else [head, build(change)]


def _chunks(actions: Iterable[Action]) -> Iterator[list[Action]]:
    chunk: list[Action] = []
    size = 0
    for change, lines in actions:
        length = sum(map(len, lines))
        if chunk and (size + length > MAX_REQUEST_BYTES or len(chunk) >= MAX_REQUEST_CHANGES):
            yield chunk
            chunk, size = [], 0
        chunk.append((change, lines))
        size += length
    if chunk:
        yield chunk


def _is_refused(result: dict[str, Any]) -> bool:
    """Return whether a document was refused for its content.

    Raises:
        IndexMissing, Unavailable: it was refused for another reason.
    """
    error = result.get("error")
    if error is None or result["status"] == _CONFLICT:
        return False
    if result["status"] == _MISSING:
        raise IndexMissing(str(error.get("reason")))
    if result["status"] in (400, 413) and error.get("type") not in TEMPORARY_ERRORS:
        return True
    raise Unavailable(f"The search server did not take a change: {error.get('reason')}")
