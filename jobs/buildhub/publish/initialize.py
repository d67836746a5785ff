"""Create or update bucket, collection, schema and permissions on a server."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import requests
from buildhub_schema.collection import collection_metadata, collection_permissions
from buildhub_schema.coverage import coverage_collection_id, coverage_metadata
from kinto_http.exceptions import KintoException
from kinto_http.session import create_session

from buildhub.errors import BuildhubError, Refused, Unavailable

TIMEOUT_SECONDS = 30.0


@dataclass(frozen=True)
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
    """Compares a server's collection with the schema in this package, and mends it."""

    def __init__(self, *, server_url: str, bucket: str, collection: str, auth: str | None) -> None:
        """Name the collection, and the account to work as.

        Args:
            server_url: with its version, ``https://host/v1``.
            bucket, collection: their IDs.
            auth: ``user:password``, or None to look as anybody may.
        """
        user, _, password = (auth or "").partition(":")
        self._session = create_session(
            server_url,
            auth=(user, password) if auth else None,
            retry=3,
            timeout=TIMEOUT_SECONDS,
        )
        self._server_url = server_url
        self._account = user or "anonymous"
        bucket_path = f"/buckets/{bucket}"
        self._paths = {
            "bucket": bucket_path,
            "collection": f"{bucket_path}/collections/{collection}",
            "coverage": f"{bucket_path}/collections/{coverage_collection_id(collection)}",
        }
        self.collection_url = f"{server_url}{self._paths['collection']}"

    def plan(self) -> list[Change]:
        """Return what has to change; an empty list means that all is as it should be.

        Raises:
            Refused: the server does not know this account.
            Unavailable: the server does not answer.
        """
        changes = [
            self._compare("bucket", {}, {}),
            self._compare("collection", collection_metadata(), collection_permissions()),
            self._compare("coverage", coverage_metadata(), collection_permissions()),
        ]
        return [change for change in changes if change.differences]

    def apply(self, changes: list[Change]) -> None:
        """Write *changes*, in their order. Data and permissions that others added stay.

        What somebody else has created since is theirs, and as good.

        Raises:
            Refused: this account may not write there.
            Unavailable: the server does not answer.
        """
        for change in changes:
            try:
                self._request(
                    "patch" if change.exists else "put",
                    self._paths[change.kind],
                    data=change.data,
                    permissions=change.permissions,
                    headers=None if change.exists else {"If-None-Match": "*"},
                )
            except _Exists:
                if self._find(self._paths[change.kind]) is None:
                    raise

    def _compare(
        self, kind: str, data: dict[str, Any], permissions: dict[str, list[str]]
    ) -> Change:
        path = self._paths[kind]
        current = self._find(path)
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
            line
            for name, value in changed.items()
            for line in iter_differences(name, current["data"].get(name), value)
        ] + [f"let {', '.join(principals)} {name}" for name, principals in granted.items()]
        lines = [f"{path}: {line}" for line in differences]
        return Change(kind, True, lines, changed, granted)

    def _find(self, path: str) -> dict[str, Any] | None:
        """Return the object at *path*, or None where it is not there.

        Kinto answers 403 for what does not exist to accounts that may not know whether it does.
        Whether this one may create it shows when it tries.
        """
        try:
            found: dict[str, Any] = self._request("get", path)
        except _Hidden:
            return None
        return found

    def _request(self, method: str, path: str, **arguments: Any) -> Any:
        try:
            body, _ = self._session.request(method, path, **arguments)
        except KintoException as exc:
            raise self._translate(method, path, exc) from exc
        except requests.RequestException as exc:
            raise Unavailable(f"{self._server_url} does not answer: {exc}") from exc
        return body

    def _translate(self, method: str, path: str, exc: KintoException) -> BuildhubError:
        status = exc.response.status_code if exc.response is not None else 0
        if status == 404 or (status == 403 and method == "get"):
            return _Hidden(path)
        if status == 401:
            return Refused(
                f"{self._server_url} does not accept {self._account!r} with this password."
            )
        if status == 403:
            return Refused(f"{self._server_url} does not let {self._account!r} write {path}.")
        if status == 412:
            return _Exists(f"{self._server_url} has {path}, and hides it from {self._account!r}.")
        return Unavailable(f"{self._server_url} cannot {method} {path}: {exc}")


class _Hidden(BuildhubError):
    """The object is not there, or this account may not know."""


class _Exists(Refused):
    """The object is there already; if this account may not see it, that is all it learns."""


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
