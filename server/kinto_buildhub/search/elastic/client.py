"""The official client, made to talk to every version that we support.

The client says in each request which version of Elasticsearch it was made for, and talks to no
server that does not say that it is one. Plain JSON is what all of them understand, so that is what
goes over the wire; see `PlainNode`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import (
    ConnectionTimeout,
    HttpHeaders,
    SerializationError,
    TransportError,
    Urllib3HttpNode,
)
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import ApiError, Elasticsearch

from kinto_buildhub.search.engine import (
    BadQuery,
    IndexMissing,
    SearchError,
    TimedOut,
    Unavailable,
)

DEFAULT_PORT = 9200

# The servers' own retry, to another host: an answer is worth one more try, not a queue of them.
MAX_RETRIES = 2

# What passes by itself: a full disk is made room on, an overloaded server gets air.
PASSING_ERRORS = frozenset(
    {
        "circuit_breaking_exception",
        "cluster_block_exception",
        "es_rejected_execution_exception",
        "master_not_discovered_exception",
        "no_shard_available_action_exception",
        "opensearch_rejected_execution_exception",
        "process_cluster_event_timeout_exception",
        "rejected_execution_exception",
        "unavailable_shards_exception",
    }
)
_TIME_ERRORS = frozenset({"search_timeout_exception", "task_cancelled_exception"})


class NoAnswerInTime(Unavailable):
    """The time for a request ran out. The server may be down, or busy with this very request."""


class PlainNode(Urllib3HttpNode):
    """Sends and takes plain JSON, and vouches for the product of the server.

    - Media types name no version: OpenSearch and older servers answer 406 to those that do.
    - The header by which the client knows Elasticsearch is added where it is missing, as
      OpenSearch has none.
    - Warnings of the server are dropped: they are for its operator, who finds them in its log.
    """

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> Any:
        """Send one request; the parameters are the client's."""
        plain = HttpHeaders(headers or {})
        plain["accept"] = "application/json"
        if body is not None:
            lines = "ndjson" in str(plain.get("content-type"))
            plain["content-type"] = "application/x-ndjson" if lines else "application/json"
        answer = super().perform_request(method, target, body, plain, request_timeout)
        told = HttpHeaders(answer.meta.headers)
        told["x-elastic-product"] = "Elasticsearch"
        told.pop("warning", None)
        return answer._replace(meta=replace(answer.meta, headers=told))


def parse_hosts(hosts: Sequence[str]) -> list[str]:
    """Return the URLs of *hosts*, which may leave out scheme and port.

    Raises:
        ValueError: one is not the address of a server; names it.
    """
    return [_parse_host(host) for host in hosts]


def _parse_host(host: str) -> str:
    url = urlsplit(host if "://" in host else f"http://{host}")
    try:
        port = url.port or (443 if url.scheme == "https" else DEFAULT_PORT)
    except ValueError:
        port = 0
    if url.scheme not in ("http", "https") or not url.hostname or not port:
        raise ValueError(
            f"kinto.elasticsearch.hosts has {_without_password(host)!r}: expected an address such "
            "as localhost:9200 or https://name:password@search.example:9243."
        )
    name, _, _ = url.netloc.rpartition("@")
    hostname = f"[{url.hostname}]" if ":" in url.hostname else url.hostname
    account = f"{name}@" if name else ""
    return f"{url.scheme}://{account}{hostname}:{port}{url.path.rstrip('/')}"


def _without_password(host: str) -> str:
    account, separator, rest = host.rpartition("@")
    return f"…@{rest}" if separator and account else host


class Client:
    """One way to ask a cluster, with its errors in our words.

    Args:
        hosts: nodes of one cluster, as `parse_hosts` takes them.
        timeout_seconds: the most that one request may take, from connecting to the last byte.
    """

    def __init__(self, hosts: Sequence[str], timeout_seconds: float) -> None:
        self._client = Elasticsearch(
            parse_hosts(hosts),
            node_class=PlainNode,
            request_timeout=timeout_seconds,
            max_retries=MAX_RETRIES,
            retry_on_timeout=False,
            # What an overloaded server refuses is retried by who asked, after a while.
            retry_on_status=(502, 503),
            connections_per_node=32,
            meta_header=False,
        )
        self._where = ", ".join(_without_password(host) for host in hosts)

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        timeout_seconds: float | None = None,
        **parameters: Any,
    ) -> Any:
        """Send a request and return the JSON of its answer.

        Args:
            method: of HTTP.
            path: parts are index names, which hold nothing that would have to be escaped.
            body: a dict; a list is sent as lines.
            timeout_seconds: instead of the usual one.
            parameters: of the URL.

        Raises:
            IndexMissing, BadQuery, TimedOut, Unavailable: see `kinto_buildhub.search.engine`;
                `NoAnswerInTime` if it did not answer.
        """
        headers = {"accept": "application/json"}
        if body is not None:
            kind = "x-ndjson" if isinstance(body, list) else "json"
            headers["content-type"] = f"application/{kind}"
        client = self._client
        if timeout_seconds is not None:
            client = client.options(request_timeout=timeout_seconds)
        with self._our_errors():
            return client.perform_request(
                method, path, params=parameters, headers=headers, body=body
            ).body

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _our_errors(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout as exc:
            raise NoAnswerInTime(f"The search servers ({self._where}) do not answer.") from exc
        except SerializationError as exc:
            raise Unavailable(f"The search servers ({self._where}) answer no JSON: {exc}") from exc
        except TransportError as exc:
            raise Unavailable(f"The search servers ({self._where}) are not reached: {exc}") from exc
        except ApiError as exc:
            raise _explain(exc.meta.status, exc.body) from exc


def _explain(status: int, body: Any) -> SearchError:
    """Return what an error answer means for who asked."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return Unavailable(f"The search server answered {status}: {str(body)[:200]}")
    causes = list(_iter_causes(error))
    kinds = {cause.get("type") for cause in causes}
    reason = _deepest_reason(causes)
    if "index_not_found_exception" in kinds:
        return IndexMissing(reason)
    if kinds & _TIME_ERRORS or status == 504:
        return TimedOut(reason)
    if status == 429 or status >= 500 or kinds & PASSING_ERRORS:
        return Unavailable(f"The search server cannot do it now: {reason}")
    if status in (401, 403):
        return Unavailable(f"The search server does not let us in ({status}): {reason}")
    return BadQuery(reason, kind=str(error.get("type")))


def _iter_causes(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the error and what it says caused it, outermost first."""
    yield error
    nested: Iterable[Any] = [
        *error.get("root_cause", []),
        *(shard.get("reason") for shard in error.get("failed_shards", [])),
        error.get("caused_by"),
    ]
    for cause in nested:
        if isinstance(cause, dict):
            yield from _iter_causes(cause)


def _deepest_reason(causes: Sequence[dict[str, Any]]) -> str:
    """Return the most telling words: outer errors often say no more than that all failed."""
    reasons = [str(cause["reason"]) for cause in causes if cause.get("reason")]
    return reasons[-1] if reasons else "it gave no reason"
