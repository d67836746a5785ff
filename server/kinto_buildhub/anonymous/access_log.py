"""The access log and the metrics, for responses that no event of Pyramid's announces.

The fields and labels are those of `kinto.core.initialization`, whose subscribers see all others.
"""

import logging
from datetime import datetime
from typing import Any

from kinto.core.initialization import (
    get_or_generate_request_id,
    request_id_context,
    summary_logger,
)
from kinto.core.metrics import NoOpMetricsService
from kinto.core.utils import msec_time
from pyramid.settings import aslist
from webob import Request

from kinto_buildhub.anonymous.eligibility import EligibleRequest

# Kinto's names of the endpoints.
_SERVICES = {"records": "record-plural", "search": "search", "_search": "search-current"}
_RECORD_SERVICE = "record-object"


class AccessLog:
    """Writes the line ``request.summary`` and counts, as Kinto does."""

    def __init__(self, registry: Any) -> None:
        service = registry.metrics
        self._metrics: Any = None if type(service) is NoOpMetricsService else service
        self._matchdict_fields = aslist(registry.settings["metrics_matchdict_fields"])

    @property
    def is_verbose(self) -> bool:
        """Whether bodies and all headers are logged, which is left to Kinto."""
        return bool(summary_logger.level == logging.DEBUG)

    def write(self, request: EligibleRequest, status_code: int, size: int, start_ms: int) -> None:
        """Log and count a response.

        Args:
            size: of the body, in bytes.
            start_ms: when the request came.
        """
        now_ms = msec_time()
        if summary_logger.isEnabledFor(logging.INFO):
            summary_logger.info("", extra=_summary(request, status_code, now_ms, start_ms))
        if self._metrics is not None:
            self._count(request, status_code, size, (now_ms - start_ms) / 1000)

    def _count(self, request: EligibleRequest, status_code: int, size: int, seconds: float) -> None:
        service, resource_ids = _matched(request)
        labels = [("method", request.method.lower()), ("endpoint", service)]
        labels += [(field, resource_ids.get(field, "")) for field in self._matchdict_fields]
        status = ("status", str(status_code))
        self._metrics.count("request_summary", unique=[*labels, status])
        self._metrics.timer("request_duration_seconds", value=seconds, labels=labels)
        self._metrics.observe("request_size", size, labels=labels)


def _matched(request: EligibleRequest) -> tuple[str, dict[str, str]]:
    """Return the name of Kinto's service, and what it finds in the path."""
    ids = {"bucket_id": request.index.bucket_id, "collection_id": request.index.collection_id}
    _, _, record_id = request.endpoint.partition("/")
    service = _SERVICES.get(request.endpoint, _RECORD_SERVICE)
    return service, ids | ({"id": record_id, "record_id": record_id} if record_id else {})


def _summary(
    request: EligibleRequest, status_code: int, now_ms: int, start_ms: int
) -> dict[str, Any]:
    parsed = Request(request.environ)
    request_id = get_or_generate_request_id(headers=parsed.headers)
    request_id_context.set(request_id)
    fields = {
        "agent": parsed.headers.get("User-Agent"),
        "path": parsed.path,
        "method": request.method,
        "lang": parsed.headers.get("Accept-Language"),
        "rid": request_id,
        "errno": 0,
        "querystring": dict(parsed.GET) or None,
        "time": datetime.fromtimestamp(now_ms / 1000).isoformat(),  # noqa: DTZ006 - as Kinto's.
        "code": status_code,
        "t": now_ms - start_ms,
    }
    return {name: value for name, value in fields.items() if value is not None}
