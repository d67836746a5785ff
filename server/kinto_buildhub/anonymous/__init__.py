"""The short way for what is asked most: reading without credentials.

Kinto's own way to an answer takes several milliseconds: a request of Pyramid's, a transaction over
three backends, an authentication, an authorization, logs. Here a *lane* answers first where it can,
from the database as it is at that moment: whether there is such a collection and whether everyone
may read it is asked each time, or was since it last changed, so a permission that is taken back, or
a collection that is deleted, is gone at once. Whatever is not plain (credentials, a mistake, no
permission, a server that is set up in another way than it is known here) goes the ordinary way,
which remains the authority.

`plain` tells what is plain, `readable` asks the database and `leases` holds what it said; `records`
is the lane for lists of records, and `kinto_buildhub.anonymous.search` the one for searches.
"""

import logging
import re
from pathlib import Path
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.exceptions import ConfigurationError
from pyramid.router import default_execution_policy

from kinto_buildhub.anonymous import records
from kinto_buildhub.anonymous import search as searches
from kinto_buildhub.anonymous.eligibility import COLLECTION, find_database
from kinto_buildhub.anonymous.leases import Leased, Mark
from kinto_buildhub.anonymous.permissions import Readable

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OVERRIDE = "HTTP_X_HTTP_METHOD_OVERRIDE"

# Where no request writes anything but records.
_BESIDE_READERS = re.compile(COLLECTION + r"/(records(/.*)?|bulk|_?search|_count|_msearch)")

logger = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """Put the lanes before Pyramid's way, once everything is configured."""
    lanes: list[Any] = []
    mark: Mark | None = None

    def prepare(event: Any) -> None:
        nonlocal mark
        registry = event.app.registry
        mark = registry.buildhub_readers = _make_mark(registry.buildhub_search.settings.leases)
        url = find_database(registry)
        if url is not None:
            readable = Readable(url)
            leased = readable if mark is None else Leased(readable, mark)
            made = (searches.make_lane(event.app, leased), records.make_lane(event.app, readable))
            lanes.extend(lane for lane in made if lane is not None)

    def policy(environ: dict[str, Any], router: Any) -> Any:
        for lane in lanes:
            try:
                answer = lane.answer(environ)
            except Exception:  # Whatever it is, the ordinary way tells what is wrong.
                logger.debug("Unable to answer the short way", exc_info=True)
                break
            if answer is not None:
                return answer
        try:
            return default_execution_policy(environ, router)
        finally:
            # It is committed, and not yet acknowledged. Kinto's events would come too, but not
            # after a conflict in a batch, nor where somebody else's listener fails.
            if mark is not None and _may_change_readers(environ):
                _change(mark)

    config.add_subscriber(prepare, ApplicationCreated)
    config.set_execution_policy(policy)


def _make_mark(path: str) -> Mark | None:
    try:
        return Mark(Path(path)) if path else None
    except OSError as exc:
        raise ConfigurationError(f"kinto.search.leases is {path}: {exc.strerror}.") from exc


def _may_change_readers(environ: dict[str, Any]) -> bool:
    """Tell whether a request may write something else than records."""
    is_safe = environ["REQUEST_METHOD"] in _SAFE_METHODS and _OVERRIDE not in environ
    return not is_safe and _BESIDE_READERS.fullmatch(environ.get("PATH_INFO", "")) is None


def _change(mark: Mark) -> None:
    try:
        mark.change()
    except OSError as exc:  # What was changed counts when the leases are over.
        logger.warning("leases_not_ended", extra={"reason": str(exc)})
