"""A sequence of writes comes out the same, whether sent as PUTs or in bulk.

Where a record is stored just so already the two differ by design: PUT writes it again, bulk leaves
it alone. There the PUT is sent with a precondition that fails, which shows whether it would be
allowed; and the sender becomes an owner, as by PUT.
"""

import uuid
from base64 import b64encode
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import pytest
import transaction
import webtest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.bulk import NDJSON, post

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}
STATUSES = {201: "created", 200: "updated", 412: "unchanged", 400: "invalid", 403: "forbidden"}


class Write(NamedTuple):
    """What a user sends: a record, or None to delete it; *turn* distinguishes requests."""

    user: str
    record_id: str
    value: Any
    turn: int


DELETED = object()
writes = st.builds(
    Write,
    user=st.sampled_from(["owner", "owner", "creator", "helper", "stranger"]),
    record_id=st.sampled_from(["a", "b", "c", "d"]),
    value=st.sampled_from([1, 1, 2, True, "invalid", DELETED]),
    turn=st.integers(0, 1),
)


def headers(user: str) -> dict[str, str]:
    return {"Authorization": f"Basic {b64encode(f'{user}:secret'.encode()).decode()}"}


@pytest.fixture(scope="module")
def twins(make_app) -> webtest.TestApp:
    """An app that keeps its events, and cuts requests into small chunks."""
    return make_app(
        **{
            "kinto.includes": "kinto.plugins.history kinto_buildhub tests.server.bulk.recorder",
            "kinto.bulk.batch_size": "3",
        }
    )


class Side:
    """One of the two collections, and what happened to it."""

    def __init__(self, app: webtest.TestApp) -> None:
        self.app = app
        self.bucket = f"/v1/buckets/{uuid.uuid4().hex}"
        self.path = f"{self.bucket}/collections/c"
        self.statuses: list[str] = []
        app.put_json(self.bucket, {}, headers=headers("owner"))
        creator, helper = (self.principal(user) for user in ("creator", "helper"))
        permissions = {"record:create": [creator], "write": [helper], "read": ["system.Everyone"]}
        body = {"data": {"schema": SCHEMA}, "permissions": permissions}
        app.put_json(self.path, body, headers=headers("owner"))
        app.app.registry.recorded.clear()

    def principal(self, user: str) -> str:
        return str(self.app.get("/v1/", headers=headers(user)).json["user"]["id"])

    def record_path(self, write: Write) -> str:
        return f"{self.path}/records/{write.record_id}"

    def delete(self, write: Write) -> None:
        answer = self.app.delete(
            self.record_path(write), headers=headers(write.user), status=[200, 403, 404]
        )
        self.statuses.append(str(answer.status_int))

    def put(self, write: Write) -> None:
        record = {"id": write.record_id, "n": write.value}
        sender = headers(write.user)
        if self.is_stored(record):
            sender["If-Match"] = '"1"'
        answer = self.app.put_json(
            self.record_path(write), {"data": record}, headers=sender, status="*"
        )
        self.statuses.append(STATUSES[answer.status_int])
        if answer.status_int == 412:
            with transaction.manager:
                self.app.app.registry.permission.add_principal_to_ace(
                    self.record_path(write).removeprefix("/v1"), "write", self.principal(write.user)
                )

    def is_stored(self, record: dict[str, Any]) -> bool:
        found = self.app.get(
            f"{self.path}/records/{record['id']}", headers=headers("owner"), status=[200, 404]
        ).json.get("data", {})
        return found.get("n") == record["n"] and type(found["n"]) is type(record["n"])

    def bulk(self, group: list[Write]) -> None:
        user = group[0].user
        lines = [{"id": write.record_id, "n": write.value} for write in group]
        answer = post(self.app, self.path, lines, headers=headers(user) | NDJSON, status="*")
        if "summary" in answer[-1]:
            self.statuses += [line["status"] for line in answer[:-1]]
        else:
            assert answer[-1]["code"] == 403
            self.statuses += ["forbidden"] * len(group)

    def records(self) -> list[dict[str, Any]]:
        """Return records and tombstones in the order of their timestamps, without them."""
        found = self.app.get(
            f"{self.path}/records?_since=0&_sort=last_modified", headers=headers("owner")
        ).json["data"]
        return [_without_timestamps(record) for record in found]

    def permissions(self) -> list[Any]:
        uris = [f"{self.path}/records/{name}".removeprefix("/v1") for name in "abcd"]
        with transaction.manager:
            return list(self.app.app.registry.permission.get_objects_permissions(uris))

    def events(self) -> dict[tuple[str, str], list[Any]]:
        """Return the events of each record, before and after the commit."""
        seen = defaultdict(list)
        for name, payload, impacted in self.app.app.registry.recorded:
            for change in impacted:
                old = _without_timestamps(change.get("old") or {})
                new = _without_timestamps(change["new"])
                seen[name, new["id"]].append((payload["action"], payload["user_id"], old, new))
        return dict(seen)

    def history(self) -> dict[str, list[Any]]:
        entries = self.app.get(
            f"{self.bucket}/history?resource_name=record&_sort=last_modified",
            headers=headers("owner"),
        ).json["data"]
        seen = defaultdict(list)
        for entry in entries:
            data = _without_timestamps(entry["target"]["data"])
            permissions = {k: sorted(v) for k, v in entry["target"]["permissions"].items()}
            seen[entry["record_id"]].append((entry["action"], entry["user_id"], data, permissions))
        return dict(seen)


def _without_timestamps(record: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in record.items() if k not in ("last_modified", "schema")}


def _requests(sequence: list[Write]) -> Iterator[list[Write]]:
    """Cut the sequence where a request must end: another user, a deletion, another turn."""
    for _, group in groupby(sequence, key=attrgetter("user", "turn")):
        for is_deletion, part in groupby(group, key=lambda write: write.value is DELETED):
            if is_deletion:
                yield from ([write] for write in part)
            else:
                yield list(part)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(sequence=st.lists(writes, min_size=1, max_size=14))
def test_bulk_does_what_so_many_puts_do(twins, sequence):
    by_put = Side(twins)
    for write in sequence:
        if write.value is DELETED:
            by_put.delete(write)
        else:
            by_put.put(write)
    expected = by_put.events()

    by_bulk = Side(twins)
    for group in _requests(sequence):
        if group[0].value is DELETED:
            by_bulk.delete(group[0])
        else:
            by_bulk.bulk(group)

    assert by_bulk.statuses == by_put.statuses
    assert by_bulk.events() == expected
    assert by_bulk.records() == by_put.records()
    assert by_bulk.permissions() == by_put.permissions()
    assert by_bulk.history() == by_put.history()
