"""Changes of one collection become visible in the order of their timestamps.

Stock Kinto gives a change its timestamp when it is written, and the change shows when its
transaction commits. Two transactions that overlap can commit in the other order. A client that
polls with ``_since`` in between sees the later timestamp, and never asks for the earlier one. So a
writer holds a lock from before the timestamp is drawn until the commit: one for each list of
objects, that is each pair of ``parent_id`` and ``resource_name``.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from kinto.core.decorators import deprecate_kwargs
from kinto.core.storage import exceptions
from kinto.core.storage.postgresql.client import PostgreSQLClient
from kinto.core.utils import instance_uri
from kinto.core.utils import sqlalchemy as sa

# Sets our locks apart from those that other programs take on the same database.
_NAMESPACE = 7_305_091_446_123

_LOCK_ONE = """
SELECT pg_advisory_xact_lock(hashtextextended(:resource_name || ' ' || :parent_id, :namespace))
"""

# A deletion across collections takes all their locks, in the order in which a request takes them:
# from the bucket to the record, then what listeners write. Each list that was ever asked for has a
# row in ``timestamps``.
_LOCK_MANY = """
SELECT pg_advisory_xact_lock(key) FROM (
    SELECT hashtextextended(resource_name || ' ' || parent_id, :namespace) AS key
      FROM timestamps
     WHERE parent_id LIKE :parent_id
       AND (resource_name = :resource_name OR CAST(:resource_name AS TEXT) IS NULL)
     ORDER BY array_position(
                 CAST('{bucket,collection,group,record}' AS TEXT[]),
                 CAST(resource_name AS TEXT)) NULLS LAST,
              key
) AS keys
"""


def timestamp_query(*, parent_id: str, resource_name: str) -> str:
    """Return the SQL for a list's timestamp and whether it was set up; both names are SQL, too."""
    own = f"parent_id = {parent_id} AND resource_name = {resource_name}"
    # A maximum alone PostgreSQL finds by merging the two parts in their order, which an index has,
    # whatever it knows of the list. With another aggregate beside it, or without the order and the
    # limit inside, it would read all records in the middle of a first load, when it believes them
    # to be few.
    return f"""
SELECT as_epoch(MAX(last_modified)) AS latest,
       EXISTS (SELECT FROM timestamps WHERE {own}) AS is_set_up
  FROM (
    (SELECT last_modified
       FROM objects
      WHERE {own}
      ORDER BY last_modified DESC
      LIMIT 1)
    UNION ALL
    (SELECT last_modified
       FROM timestamps
      WHERE {own})
  ) AS known
"""  # noqa: S608


_TIMESTAMP = timestamp_query(parent_id=":parent_id", resource_name=":resource_name")


_TAKEN = "buildhub locks"
_WRITING_METHODS = frozenset({"PUT", "POST", "PATCH", "DELETE"})
_RECORD_SERVICES = frozenset({"record-object", "record-plural"})


@dataclass(frozen=True, slots=True)
class _Lock:
    sql: str
    resource_name: str | None
    parent_id: str


_wanted: ContextVar[_Lock | None] = ContextVar("wanted_lock", default=None)


class OrderedClient(PostgreSQLClient):
    """A client that first takes the wanted lock in each connection that may write.

    Only here the lock is in the same transaction as the statement that it protects in both of
    Kinto's modes: a transaction for each request, or one for each statement.
    """

    @contextmanager
    def connect(self, readonly: bool = False, force_commit: bool = False) -> Iterator[Any]:
        """See Kinto's storage."""
        with super().connect(readonly=readonly, force_commit=force_commit) as session:
            lock = _wanted.get()
            if lock is not None and not readonly:
                _take(lock, session)
            yield session


def _take(lock: _Lock, session: Any) -> None:
    """Take the lock, unless the transaction has it already, and remember that it has."""
    taken_in, taken = session.info.get(_TAKEN, (None, set()))
    if taken_in is not session.get_transaction():
        taken = set()
    if lock in taken:
        return
    session.execute(
        sa.text(lock.sql),
        {
            "resource_name": lock.resource_name,
            "parent_id": lock.parent_id,
            "namespace": _NAMESPACE,
        },
    )
    # Only now the transaction has certainly begun.
    session.info[_TAKEN] = (session.get_transaction(), {*taken, lock})


_Method = TypeVar("_Method", bound=Callable[..., Any])

# As in the stock storage.
_accept_old_names: Callable[[_Method], _Method] = deprecate_kwargs(
    {"collection_id": "resource_name", "record": "obj"}
)


class OrderedWrites:
    """Mixin for Kinto's PostgreSQL storage: writes to one list of objects wait for each other.

    A timestamp that comes with an object is stored as it is, as in stock Kinto; then the order is
    up to the client.
    """

    client: Any
    readonly: bool

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        ordered = OrderedClient(client.session_factory, client.commit_manually, client.invalidate)
        super().__init__(ordered, *args, **kwargs)  # type: ignore[call-arg]

    @_accept_old_names
    def create(self, resource_name: str, parent_id: str, *args: Any, **kwargs: Any) -> Any:
        """See Kinto's storage."""
        with write_lock(resource_name, parent_id):
            return super().create(resource_name, parent_id, *args, **kwargs)  # type: ignore[misc]

    @_accept_old_names
    def update(self, resource_name: str, parent_id: str, *args: Any, **kwargs: Any) -> Any:
        """See Kinto's storage."""
        with write_lock(resource_name, parent_id):
            return super().update(resource_name, parent_id, *args, **kwargs)  # type: ignore[misc]

    @_accept_old_names
    def delete(self, resource_name: str, parent_id: str, *args: Any, **kwargs: Any) -> Any:
        """See Kinto's storage."""
        with write_lock(resource_name, parent_id):
            return super().delete(resource_name, parent_id, *args, **kwargs)  # type: ignore[misc]

    @_accept_old_names
    def delete_all(
        self, resource_name: str | None, parent_id: str, *args: Any, **kwargs: Any
    ) -> Any:
        """See Kinto's storage."""
        with write_lock(resource_name, parent_id):
            return super().delete_all(  # type: ignore[misc]
                resource_name, parent_id, *args, **kwargs
            )

    def lock_writes(self, resource_name: str, parent_id: str) -> None:
        """Wait until no other transaction writes to the list, and keep others out until commit."""
        with write_lock(resource_name, parent_id), self.client.connect():
            pass

    def resource_timestamp(self, resource_name: str, parent_id: str) -> int:
        """Return the list's timestamp, in ms; set it up at the first request for it.

        The initial timestamp of a list is the time of that request. Without the lock it could be
        later than that of a change which is not visible yet.

        Raises:
            ReadonlyError: it is not set up, and the server is read-only.
        """
        names = {"resource_name": resource_name, "parent_id": parent_id}
        with self.client.connect(readonly=True) as session:
            known = session.execute(sa.text(_TIMESTAMP), names).fetchone()
        if known.is_set_up or (self.readonly and known.latest is not None):
            return int(known.latest)
        if self.readonly:
            raise exceptions.ReadonlyError(
                message="Cannot initialize empty resource timestamp when running in readonly."
            )
        with write_lock(resource_name, parent_id):
            timestamp = super().resource_timestamp(  # type: ignore[misc]
                resource_name, parent_id
            )
            return int(timestamp)


@contextmanager
def write_lock(resource_name: str | None, parent_id: str) -> Iterator[None]:
    """Have each writing connection in the context take the lock of the list (or lists) first."""
    if resource_name is None or "*" in parent_id:
        lock = _Lock(_LOCK_MANY, resource_name, parent_id.replace("*", "%"))
    else:
        lock = _Lock(_LOCK_ONE, resource_name, parent_id)
    token = _wanted.set(lock)
    try:
        yield
    finally:
        _wanted.reset(token)


def take_turn(event: Any) -> None:
    """Subscriber: a request that writes records takes the lock before it reads anything.

    The storage's own lock comes too late for two things. What Kinto has read by then (whether the
    record exists, and matches ``If-Match``) may be out of date. And a deletion removes permissions
    first: with locks in another order than those of other requests, it would end in a deadlock.
    Requests without a user do not wait, so that they cannot make the server's threads queue up; as
    a rule they are refused.
    """
    request = event.request
    if request.method not in _WRITING_METHODS:
        return
    service = request.current_service
    if service is None or service.name not in _RECORD_SERVICES:
        return
    # All of the body first: a client that sends it slowly keeps nobody waiting.
    request.make_body_seekable()
    if request.authenticated_userid is None:
        return
    parent_id = instance_uri(
        request,
        "collection",
        bucket_id=request.matchdict["bucket_id"],
        id=request.matchdict["collection_id"],
    )
    request.registry.storage.lock_writes("record", parent_id)
