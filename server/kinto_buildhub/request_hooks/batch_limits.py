"""What the reads of one batch may take: bytes and time in all, while somebody waits for them.

Kinto keeps all answers of a batch as objects, which take about ten times the bytes of their JSON.
Two hundred lists of ten thousand records took more memory than most machines have. Writes are not
refused: they belong together.
"""

import time
from dataclasses import dataclass
from typing import Any, Self

from kinto.core.errors import ERRORS, http_error
from pyramid import httpexceptions
from pyramid.events import NewRequest

from kinto_buildhub.client_presence import is_client_gone
from kinto_buildhub.request_hooks.bodies.body_limits import is_search
from kinto_buildhub.settings import PREFIX, Values

_MAX_BYTES = "buildhub.max_batch_answer_bytes"
_TIMEOUT = "buildhub.batch_timeout_seconds"
_READS = "buildhub batch reads"


@dataclass(slots=True)
class BatchReads:
    """What the reads of a batch have taken so far."""

    max_bytes: int
    timeout_seconds: float
    started_at: float
    used_bytes: int = 0

    @classmethod
    def begin(cls, values: Values) -> Self:
        """Begin with the limits that the settings give."""
        return cls(values[_MAX_BYTES], values[_TIMEOUT], time.monotonic())

    def find_refusal(self) -> Any:
        """Return the response to a read that comes too late; None if it may go on."""
        if self.used_bytes > self.max_bytes:
            return http_error(
                httpexceptions.HTTPBadRequest(),
                errno=ERRORS.INVALID_PARAMETERS,
                message=f"The answers of this batch are longer than {self.max_bytes} bytes "
                f"({PREFIX}{_MAX_BYTES}): ask in several requests.",
            )
        if time.monotonic() - self.started_at > self.timeout_seconds or is_client_gone():
            return http_error(
                httpexceptions.HTTPServiceUnavailable(),
                errno=ERRORS.BACKEND,
                message=f"The batch takes longer than {self.timeout_seconds:g} s "
                f"({PREFIX}{_TIMEOUT}), or its client has gone: ask in several requests.",
            )
        return None


def includeme(config: Any) -> None:
    """Check each request of a batch."""
    config.add_subscriber(_on_new_request, NewRequest)


def _on_new_request(event: Any) -> None:
    request = event.request
    if getattr(request, "parent", None) is None:
        return
    # The requests of a batch share what is bound to the batch.
    reads = request.bound_data.get(_READS)
    if reads is None:
        reads = BatchReads.begin(request.registry.buildhub_settings)
        request.bound_data[_READS] = reads
    is_read = request.method in ("GET", "HEAD") or is_search(request.environ.get("PATH_INFO", ""))
    refusal = reads.find_refusal() if is_read else None
    if refusal is not None:
        raise refusal
    request.add_response_callback(_count)


def _count(request: Any, response: Any) -> None:
    request.bound_data[_READS].used_bytes += response.content_length or 0
