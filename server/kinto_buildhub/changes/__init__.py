"""``GET …/collections/{id}/changes``: each change of a record as it happens, as a stream of events.

`views` checks a request and leaves its answer open, as a `listeners.Listener`. The `hub` is one
thread for all listeners of a process: it looks for changes (`source`), renders each once
(`event_stream`), and gives it to those who wait for it. A listener has a position, a timestamp, and
gets what comes after it; only when its client has taken that, it gets more. So nobody's changes
pile up, and a listener costs no thread and no connection to the database.

Changes become visible in the order of their timestamps (docs/decisions/0005-changes-in-order.rst),
so a position is all that a client needs to go on without a gap.
"""

from typing import Any

from kinto.core.events import AfterResourceChanged

from kinto_buildhub.api_operations import describe_operations
from kinto_buildhub.changes.hub import ChangeHub
from kinto_buildhub.changes.listeners import Places
from kinto_buildhub.changes.operations import OPERATIONS
from kinto_buildhub.changes.source import ChangeSource


def includeme(config: Any) -> None:
    """Add the endpoint; the thread starts with the first listener."""
    registry, values = config.registry, config.registry.buildhub_settings
    most = values["buildhub.max_listeners"]
    registry.buildhub_listener_places = Places(most, values["buildhub.max_listeners_by_address"])
    hub = registry.buildhub_changes = ChangeHub(
        ChangeSource(registry.storage), poll_seconds=values["buildhub.changes_poll_seconds"]
    )
    config.add_subscriber(lambda event: hub.wake(), AfterResourceChanged, for_resources=("record",))
    config.add_api_capability(
        "changes",
        description="Each change of a record as it happens, as Server-Sent Events.",
        url="https://buildhub.readthedocs.io/en/latest/api/changes.html",
        max_listeners=most,
    )
    describe_operations(config, *OPERATIONS)
    config.scan("kinto_buildhub.changes.views")
