"""Create or update bucket, collection, schema and permissions on a server."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from buildhub_schema.collection import collection_metadata, collection_permissions
from buildhub_schema.coverage import coverage_collection_id, coverage_metadata

from buildhub.errors import Refused
from buildhub.publish.kinto_client import KintoClient
from buildhub.settings import Settings

_DESCRIPTION = re.compile(r"(add|change|remove) \S+\.description( |$)")


@dataclass(frozen=True, slots=True)
class Change:
    """One object of the server that differs from what it should be.

    Attributes:
        kind: ``bucket``, ``collection`` or ``coverage``, the collection of what jobs covered.
        exists: False if it has to be created.
        differences: a line each, for people.
        data, permissions: what to write.
    """

    kind: str
    exists: bool
    differences: list[str]
    data: dict[str, Any]
    permissions: dict[str, list[str]]


class Initializer:
    """Compares a server's collection with the schema in this package, and updates it.

    Errors:
        Every method raises what :class:`KintoClient` does.
    """

    def __init__(self, client: KintoClient, settings: Settings) -> None:
        self._client = client
        bucket_path = f"/buckets/{settings.bucket_id}"
        coverage_id = coverage_collection_id(settings.collection_id)
        self._paths = {
            "bucket": bucket_path,
            "collection": f"{bucket_path}/collections/{settings.collection_id}",
            "coverage": f"{bucket_path}/collections/{coverage_id}",
        }
        self.collection_url = f"{client.url}{self._paths['collection']}"

    async def plan(self) -> list[Change]:
        """Return what has to change; an empty list means that all is as it should be."""
        changes = [
            await self._compare("bucket", {}, {}),
            await self._compare("collection", collection_metadata(), collection_permissions()),
            await self._compare("coverage", coverage_metadata(), collection_permissions()),
        ]
        return [change for change in changes if change.differences]

    async def apply(
        self, changes: list[Change], on_applied: Callable[[Change], None] = lambda change: None
    ) -> None:
        """Write *changes*, in their order. Data and permissions that others added stay.

        What somebody else has created since is theirs, and as good. Each change is given to
        *on_applied* when it is made.
        """
        for change in changes:
            path = self._paths[change.kind]
            response = await self._client.request(
                "PATCH" if change.exists else "PUT",
                f"{self._client.url}{path}",
                json={"data": change.data, "permissions": change.permissions},
                headers={} if change.exists else {"If-None-Match": "*"},
                expected_errors=(412,),
            )
            if response.status == 412 and await self._fetch_object(path) is None:
                raise Refused(
                    f"{self._client.url} has {path}, and hides it from {self._client.account!r}."
                )
            on_applied(change)

    async def _compare(
        self, kind: str, data: dict[str, Any], permissions: dict[str, list[str]]
    ) -> Change:
        path = self._paths[kind]
        current = await self._fetch_object(path)
        if current is None:
            return Change(kind, False, [f"create {path}"], data, permissions)
        changed = {
            name: value for name, value in data.items() if current["data"].get(name) != value
        }
        granted = {
            name: sorted({*current["permissions"].get(name, []), *principals})
            for name, principals in permissions.items()
            if not {*principals} <= {*current["permissions"].get(name, [])}
        }
        differences = [
            *_without_descriptions(
                line
                for name, value in changed.items()
                for line in iter_differences(name, current["data"].get(name), value)
            ),
            *(f"let {', '.join(principals)} {name}" for name, principals in granted.items()),
        ]
        lines = [f"{path}: {line}" for line in differences]
        return Change(kind, True, lines, changed, granted)

    async def _fetch_object(self, path: str) -> dict[str, Any] | None:
        """Return the object at *path*, or None where it is not there.

        Kinto answers 403 for what does not exist to accounts that may not know whether it does.
        Whether this one may create it shows when it tries.
        """
        response = await self._client.request(
            "GET", f"{self._client.url}{path}", expected_errors=(403, 404)
        )
        found: dict[str, Any] | None = response.json() if response.status < 400 else None
        return found


def _without_descriptions(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines, but one in place of all changed descriptions: those are for people."""
    count = 0
    for line in lines:
        if _DESCRIPTION.match(line):
            count += 1
        else:
            yield line
    if count:
        yield f"change {count} descriptions" if count > 1 else "change a description"


def iter_differences(name: str, current: Any, wanted: Any) -> Iterator[str]:
    """Yield a line for each leaf in which two JSON values differ, with its dotted name."""
    if isinstance(current, dict) and isinstance(wanted, dict):
        for key in sorted({*current, *wanted}):
            if current.get(key) != wanted.get(key):
                yield from iter_differences(f"{name}.{key}", current.get(key), wanted.get(key))
    elif current is None:
        yield f"add {name}"
    elif wanted is None:
        yield f"remove {name}"
    else:
        yield f"change {name} from {current!r} to {wanted!r}"
