"""The fast path for anonymous reads: lists of records, single records, searches.

Kinto's own path takes milliseconds: a request of Pyramid's, a transaction over three backends, an
authentication, an authorization, logs. Here what comes without credentials is answered first where
that can be done from the database as it is at that moment, or from an answer that was made in the
same state of it. So a permission that is revoked, or a collection that is deleted, is gone at once.
All that is not eligible (credentials, a mistake, no permission, a server that is set up in a way
that is not known here) takes Kinto's own path, which remains the authority.

`fast_path` leads a request through: `eligibility` says which servers and requests are eligible,
`queries` asks the database who may read, and `leases` holds its answer. `records` answers lists in
`json_text`, `search` answers searches, and `kept_answers` repeats answers, as `responses`.
`access_log` logs and counts what no event of Pyramid's announces, `failures` what fails.
"""

import logging
import re
from pathlib import Path
from typing import Any

from kinto.core.utils import msec_time
from pyramid.exceptions import ConfigurationError

from kinto_buildhub.anonymous.eligibility import find_database
from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.fast_path import FastPath
from kinto_buildhub.anonymous.leases import Epoch, LeasedPermissions
from kinto_buildhub.anonymous.queries.permissions import PermissionQueries
from kinto_buildhub.collection_context import parse_collection_path
from kinto_buildhub.execution import Environ, Execute, Layer, Response, add_layer

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OVERRIDE = "HTTP_X_HTTP_METHOD_OVERRIDE"

# Where requests write nothing but records.
_RECORD_ENDPOINTS = re.compile(r"records(/.*)?|bulk|_?search|_count|_msearch")

logger = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """Put the fast path before Pyramid's, once everything is configured."""
    add_layer(config, Layer.FAST_PATH, _wrap)


def _wrap(router: Any, execute: Execute) -> Execute:
    registry = router.registry
    epoch = registry.buildhub_epoch = _open_epoch(registry.buildhub_search.settings.leases)
    if epoch is not None:
        execute = _ending_leases(epoch, execute)
    url = find_database(registry)
    if url is None:
        return execute
    failures = FailureLog()
    queries = PermissionQueries(url, failures)
    permissions = queries if epoch is None else LeasedPermissions(queries, epoch)
    registry.buildhub_permissions = permissions
    return _fast_path_first(FastPath(router, queries, permissions, failures), execute)


def _fast_path_first(fast_path: FastPath, execute: Execute) -> Execute:
    def answer(environ: Environ) -> Response:
        answered = fast_path.answer(environ, msec_time())
        if answered is None:
            return execute(environ)
        if answered.response is not None:
            return answered.response
        response = execute(environ)
        return response if answered.keep is None else answered.keep(response)

    return answer


def _ending_leases(epoch: Epoch, execute: Execute) -> Execute:
    def answer(environ: Environ) -> Response:
        try:
            return execute(environ)
        finally:
            # It is committed, and not yet acknowledged. Kinto's events would come too, but not
            # after a conflict in a batch, nor where somebody else's listener fails.
            if _may_change_permissions(environ):
                _advance(epoch)

    return answer


def _open_epoch(path: str) -> Epoch | None:
    try:
        return Epoch(Path(path)) if path else None
    except OSError as exc:
        raise ConfigurationError(f"kinto.search.leases is {path}: {exc.strerror}.") from exc


def _may_change_permissions(environ: Environ) -> bool:
    """Return whether a request may write something else than records."""
    if environ["REQUEST_METHOD"] in _SAFE_METHODS and _OVERRIDE not in environ:
        return False
    path = parse_collection_path(environ.get("PATH_INFO", ""))
    return path is None or _RECORD_ENDPOINTS.fullmatch(path[2]) is None


def _advance(epoch: Epoch) -> None:
    try:
        epoch.advance()
    except OSError as exc:  # The change shows when the leases are over.
        logger.warning("leases_not_ended", extra={"reason": str(exc)})
