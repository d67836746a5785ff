"""The events of a chunk: one for each action, with all impacted objects, as for a batch."""

import logging
from typing import Any

from kinto.core.events import ACTIONS, EventCollector
from pyramid.httpexceptions import HTTPClientError

logger = logging.getLogger(__name__)


class Refused(Exception):
    """A listener refuses a change. The cause is its error, a 4xx response."""


def collect(request: Any, parent_id: str, action: ACTIONS, impacted: list[dict[str, Any]]) -> None:
    """Add changes of one action to the events of the running transaction.

    Args:
        impacted: ``{"new": …}`` each, and ``"old"`` unless the action is CREATE.
    """
    if not impacted:
        return
    first, *others = impacted
    request.notify_resource_event(
        parent_id=parent_id,
        timestamp=max(change["new"]["last_modified"] for change in impacted),
        data=first["new"],
        old=first.get("old"),
        action=action,
    )
    # Kinto's own method takes one change at a time, and makes a payload that it then discards.
    events: EventCollector = request.bound_data["resource_events"]
    resource_name = request.current_resource_name
    events.add_event(resource_name, parent_id, action, None, others, request)


def notify_before_commit(request: Any) -> None:
    """Notify listeners of ``ResourceChanged``, which may write too, or refuse.

    Raises:
        Refused: one of them raises a 4xx.
    """
    try:
        for event in request.get_resource_events():
            request.registry.notify(event)
    except HTTPClientError as exc:
        raise Refused from exc


def notify_after_commit(request: Any) -> None:
    """Notify listeners of ``AfterResourceChanged``; what they raise is logged, as in Kinto."""
    for event in request.get_resource_events(after_commit=True):
        try:
            request.registry.notify(event)
        except Exception:
            logger.exception("Unable to notify")
