"""The short way for what is asked most: reading without credentials.

Kinto's own way to an answer takes several milliseconds: a request of Pyramid's, a transaction over
three backends, an authentication, an authorization, logs. Here a *lane* answers first where it can,
from the database as it is at that moment: whether there is such a collection and whether everyone
may read it is asked each time, so a permission that is taken back, or a collection that is deleted,
is gone at once. Whatever is not plain (credentials, a mistake, no permission, a server that is set
up in another way than it is known here) goes the ordinary way, which remains the authority.

`plain` tells what is plain, `readable` asks the database; `records` is the lane for lists of
records, and `kinto_buildhub.search.express` the one for searches.
"""

import logging
from typing import Any

from pyramid.events import ApplicationCreated
from pyramid.router import default_execution_policy

from kinto_buildhub.express import records
from kinto_buildhub.express.plain import find_database
from kinto_buildhub.express.readable import Readable
from kinto_buildhub.search import express as searches

logger = logging.getLogger(__name__)


def includeme(config: Any) -> None:
    """Put the lanes before Pyramid's way, once everything is configured."""
    lanes: list[Any] = []

    def prepare(event: Any) -> None:
        url = find_database(event.app.registry)
        if url is not None:
            readable = Readable(url)
            made = (searches.make_lane(event.app, readable), records.make_lane(event.app, readable))
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
        return default_execution_policy(environ, router)

    config.add_subscriber(prepare, ApplicationCreated)
    config.set_execution_policy(policy)
