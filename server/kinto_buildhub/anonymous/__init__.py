"""The fast path for anonymous reads: lists of records, single records, searches.

Kinto's own path takes milliseconds: a request of Pyramid's, a transaction over three backends, an
authentication, an authorization, logs. Here what comes without credentials is answered first where
that can be done from the database as it is at that moment, or from an answer that was made in the
same state of it. So a permission that is revoked, or a collection that is deleted, is gone at once.
All that is not eligible (credentials, a mistake, no permission, a server that is set up in a way
that is not known here) takes Kinto's own path, which remains the authority.

`fast_path` leads a request through: `eligibility` says which servers and requests are eligible,
`permissions` asks the database who may read and `leases` holds its answer. `records` answers lists,
`kept_answers` repeats answers, `search` answers searches, and `access_log` logs and counts what no
event of Pyramid's announces.
"""

import logging
import re
from pathlib import Path
from typing import Any

from kinto.core.utils import msec_time
from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.router import default_execution_policy

from kinto_buildhub.anonymous.eligibility import find_database
from kinto_buildhub.anonymous.failures import FailureLog
from kinto_buildhub.anonymous.fast_path import FastPath
from kinto_buildhub.anonymous.leases import Epoch, LeasedPermissions
from kinto_buildhub.anonymous.permissions import PermissionQueries
from kinto_buildhub.collection_context import parse_collection_path

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OVERRIDE = "HTTP_X_HTTP_METHOD_OVERRIDE"

# Where requests write nothing but records.
_RECORD_ENDPOINTS = re.compile(r"records(/.*)?|bulk|_?search|_count|_msearch")

logger = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """Put the fast path before Pyramid's, once everything is configured."""
    fast_path: FastPath | None = None
    epoch: Epoch | None = None

    def prepare(event: Any) -> None:
        nonlocal fast_path, epoch
        registry = event.app.registry
        epoch = registry.buildhub_epoch = _open_epoch(registry.buildhub_search.settings.leases)
        url = find_database(registry)
        if url is not None:
            failures = FailureLog()
            queries = PermissionQueries(url, failures)
            permissions = queries if epoch is None else LeasedPermissions(queries, epoch)
            registry.buildhub_permissions = permissions
            fast_path = FastPath(event.app, queries, permissions, failures)

    def policy(environ: dict[str, Any], router: Any) -> Any:
        start_ms = msec_time()
        answered = None if fast_path is None else fast_path.answer(environ, start_ms)
        if answered is not None and answered.response is not None:
            return answered.response
        try:
            response = default_execution_policy(environ, router)
        finally:
            # It is committed, and not yet acknowledged. Kinto's events would come too, but not
            # after a conflict in a batch, nor where somebody else's listener fails.
            if epoch is not None and _may_change_permissions(environ):
                _advance(epoch)
        keep = None if answered is None else answered.keep
        return response if keep is None else keep(response)

    config.add_subscriber(prepare, ApplicationCreated)
    config.set_execution_policy(policy)


def _open_epoch(path: str) -> Epoch | None:
    try:
        return Epoch(Path(path)) if path else None
    except OSError as exc:
        raise ConfigurationError(f"kinto.search.leases is {path}: {exc.strerror}.") from exc


def _may_change_permissions(environ: dict[str, Any]) -> bool:
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
