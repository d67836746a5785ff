"""The official client, adapted to every version that we support.

The client names its version of Elasticsearch in each request, and refuses servers that do not name
the product. All of them understand plain JSON, so that is what we send; see `PlainJsonNode`.
"""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from elastic_transport import (
    ConnectionTimeout,
    HttpHeaders,
    NodeConfig,
    SerializationError,
    TransportError,
    Urllib3HttpNode,
)
from elastic_transport.client_utils import DEFAULT, DefaultType
from elasticsearch import ApiError, Elasticsearch

from kinto_buildhub.search.elastic.bounded_answers import BoundedPool
from kinto_buildhub.search.engine import (
    BadQuery,
    IndexMissing,
    SearchError,
    TimedOut,
    Unavailable,
)

DEFAULT_PORT = 9200

# The client's own retries, on another node. Callers retry later if these fail too.
MAX_RETRIES = 2

# Errors that pass: a full disk is cleared, an overloaded server recovers.
TEMPORARY_ERRORS = frozenset(
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


class ClusterTimeout(Unavailable):
    """A request timed out. The server may be down, or busy with this very request."""


class PlainJsonNode(Urllib3HttpNode):
    """Exchanges plain JSON with a server, whichever its product.

    - Media types name no version: OpenSearch and older servers answer 406 to those that do.
    - Responses get the header by which the client recognizes Elasticsearch. OpenSearch sends none.
    - Warnings of the server are dropped: they are for its operator, who finds them in its log.
    - An answer is read no further than the request's own may be long.
    """

    def __init__(self, config: NodeConfig) -> None:
        super().__init__(config)
        self.pool: Any = BoundedPool(self.pool)

    def perform_request(
        self,
        method: str,
        target: str,
        body: bytes | None = None,
        headers: HttpHeaders | None = None,
        request_timeout: DefaultType | float | None = DEFAULT,
    ) -> Any:
        """Send one request. The arguments are those of `Urllib3HttpNode`."""
        plain = HttpHeaders(headers or {})
        plain["accept"] = "application/json"
        if body is not None:
            lines = "ndjson" in str(plain.get("content-type"))
            plain["content-type"] = "application/x-ndjson" if lines else "application/json"
        response = super().perform_request(method, target, body, plain, request_timeout)
        received = HttpHeaders(response.meta.headers)
        received["x-elastic-product"] = "Elasticsearch"
        received.pop("warning", None)
        return response._replace(meta=replace(response.meta, headers=received))


def parse_hosts(hosts: Sequence[str]) -> list[str]:
    """Return the URLs of *hosts*, which may leave out scheme and port.

    Raises:
        ValueError: one is not the address of a server; the message names it.
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
    """A client of one cluster that raises our errors.

    Args:
        hosts: nodes of the cluster, as `parse_hosts` takes them.
        timeout_seconds: of one request, from connecting to the last byte.

    Attributes:
        location: the nodes' addresses without passwords, for messages.
    """

    def __init__(self, hosts: Sequence[str], timeout_seconds: float) -> None:
        self._client = Elasticsearch(
            parse_hosts(hosts),
            node_class=PlainJsonNode,
            request_timeout=timeout_seconds,
            max_retries=MAX_RETRIES,
            retry_on_timeout=False,
            # Callers retry what an overloaded server refuses (429), after a while.
            retry_on_status=(502, 503),
            connections_per_node=32,
            meta_header=False,
        )
        self.location = ", ".join(_without_password(host) for host in hosts)

    def perform_request(
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
            path: of the URL. Index names in it need no escaping.
            body: a dict; a list is sent as lines.
            timeout_seconds: instead of the client's.
            parameters: of the URL's query.

        Raises:
            IndexMissing, BadQuery, TimedOut, Unavailable: see `kinto_buildhub.search.errors`;
                `ClusterTimeout` if there was no answer in time.
        """
        headers = {"accept": "application/json"}
        if body is not None:
            kind = "x-ndjson" if isinstance(body, list) else "json"
            headers["content-type"] = f"application/{kind}"
        client = self._client
        if timeout_seconds is not None:
            client = client.options(request_timeout=timeout_seconds)
        with self._translated_errors():
            return client.perform_request(
                method, path, params=parameters, headers=headers, body=body
            ).body

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    @contextmanager
    def _translated_errors(self) -> Iterator[None]:
        try:
            yield
        except ConnectionTimeout as exc:
            raise ClusterTimeout(f"The search servers ({self.location}) do not answer.") from exc
        except SerializationError as exc:
            raise Unavailable(
                f"The search servers ({self.location}) answer no JSON: {exc}"
            ) from exc
        except TransportError as exc:
            raise Unavailable(
                f"The search servers ({self.location}) are not reached: {exc}"
            ) from exc
        except ApiError as exc:
            raise _explain(exc.meta.status, exc.body) from exc


# Elasticsearch 7 and OpenSearch answer it with 500, as if asking again could help.
_REQUESTS_FAULT = "the collapse field must be single valued"


def _explain(status: int, body: Any) -> SearchError:
    """Return our error for an error response."""
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
    if _REQUESTS_FAULT in reason:
        return BadQuery(reason)
    if status == 429 or status >= 500 or kinds & TEMPORARY_ERRORS:
        return Unavailable(f"The search server cannot do it now: {reason}")
    if status in (401, 403):
        return Unavailable(f"The search server does not let us in ({status}): {reason}")
    return BadQuery(reason, kind=str(error.get("type")))


def _iter_causes(error: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the error and its causes, outermost first."""
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
    """Return the innermost reason: outer errors often say only that all shards failed."""
    reasons = [str(cause["reason"]) for cause in causes if cause.get("reason")]
    return reasons[-1] if reasons else "it gave no reason"
