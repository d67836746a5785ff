"""A plugin that keeps the events of records, and refuses some changes if asked to."""

from copy import deepcopy
from typing import Any

from kinto.core.errors import raise_invalid
from kinto.core.events import AfterResourceChanged, ResourceChanged
from pyramid.httpexceptions import HTTPForbidden
from sqlalchemy import text


def includeme(config: Any) -> None:
    config.registry.recorded = []
    for kind in (ResourceChanged, AfterResourceChanged):
        config.add_subscriber(record, kind, for_resources=("record",))
    config.add_subscriber(refuse, ResourceChanged, for_resources=("record",))
    config.add_subscriber(cut_the_connection, ResourceChanged, for_resources=("record",))
    config.add_subscriber(fail, AfterResourceChanged, for_resources=("record",))


def record(event: Any) -> None:
    recorded = event.request.registry.recorded
    recorded.append((type(event).__name__, event.payload, deepcopy(event.impacted_objects)))


def refuse(event: Any) -> None:
    """Refuse changes by the record's field ``listener``."""
    for change in event.impacted_objects:
        match change["new"].get("listener"):
            case "invalid":
                raise_invalid(event.request, name="listener", description="not with me")
            case "forbidden":
                raise HTTPForbidden
            case "broken":
                raise RuntimeError("a bug in a listener")


def fail(event: Any) -> None:
    for change in event.impacted_objects:
        if change["new"].get("listener") == "fails afterwards":
            raise RuntimeError("nobody will ever know")


def cut_the_connection(event: Any) -> None:
    """End the database's side of the transaction, for records that ask for it."""
    if any(change["new"].get("listener") == "cut" for change in event.impacted_objects):
        with event.request.registry.storage.client.connect() as session:
            session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
