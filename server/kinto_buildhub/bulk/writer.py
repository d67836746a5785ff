"""Stores chunks of records, each record as Kinto's PUT would."""

from collections.abc import Iterable, Iterator
from typing import Any

import transaction
from kinto.core.errors import raise_invalid
from kinto.core.events import ACTIONS
from kinto.core.storage.exceptions import BackendError, IntegrityError
from pyramid.httpexceptions import HTTPForbidden

from kinto_buildhub.bulk import events
from kinto_buildhub.bulk.kept_fields import PARAMETER, BadField, KeptFields, parse_keep
from kinto_buildhub.bulk.permissions import allow_write
from kinto_buildhub.bulk.records import Line, LineStatus, is_surely_same, parse_line
from kinto_buildhub.bulk.schema_checker import SchemaChecker
from kinto_buildhub.bulk.target import Rights, Target
from kinto_buildhub.request_hooks.bodies.unstorable import find_value_error
from kinto_buildhub.storage.bulk_writes import NewObject, StoredObject

_ACTIONS = {LineStatus.CREATED: ACTIONS.CREATE, LineStatus.UPDATED: ACTIONS.UPDATE}
_FORBIDDEN = "This user cannot access this resource."
_CONFLICT = "Integrity constraint violated, please retry."


Stored = dict[str, StoredObject]


class RecordWriter:
    """Writes records of one collection for one user.

    Raises:
        HTTPNotFound: the collection does not exist.
        HTTPForbidden: the user can write nothing there.
        HTTPBadRequest: the parameter is none.
    """

    def __init__(self, request: Any) -> None:
        with transaction.manager:
            self._target = Target(request)
            self._target.require_some_right()
        self._kept = _read_kept(request)
        self._registry = request.registry
        self._max_line_bytes = request.registry.buildhub_bulk.max_line_bytes
        self._checker = SchemaChecker([])
        self._schema_version: int | None = None

    def write(self, chunk: list[bytes | None]) -> list[Line]:
        """Write the lines in one transaction, and return each with its result.

        When a listener refuses the chunk, a given timestamp is taken, or the database cannot hold
        a value, the lines are written one by one, so that only the line at fault is refused.

        Raises:
            HTTPNotFound: the collection has been deleted meanwhile.
            BackendError: the database cannot be reached, or fails.
        """
        try:
            return self._write(chunk)
        except (events.Refused, BackendError) as exc:
            if not isinstance(exc, events.Refused | IntegrityError) and not find_value_error(exc):
                raise
            if len(chunk) > 1:
                return [line for raw in chunk for line in self.write([raw])]
            line = self._parse(chunk[0])
            _refuse(line, exc)
            return [line]

    def _write(self, chunk: list[bytes | None]) -> list[Line]:
        target = self._target
        target.reset()
        with transaction.manager:
            self._read_schemas()
            rights = target.find_rights()
            lines = [self._parse(raw) for raw in chunk]
            model = target.model
            self._registry.storage.lock_writes(model.resource_name, model.parent_id)
            for group in _iter_groups(lines):
                self._write_group(group, rights)
            events.notify_before_commit(target.request)
        events.notify_after_commit(target.request)
        return lines

    def _read_schemas(self) -> None:
        schemas, self._schema_version = self._target.read_schemas()
        if tuple(schemas) != self._checker.schemas:
            self._checker = SchemaChecker(schemas)

    def _parse(self, raw: bytes | None) -> Line:
        line = parse_line(
            raw, max_line_bytes=self._max_line_bytes, is_id=self._target.model.id_generator.match
        )
        if line.status is None and line.record is not None:
            error = self._checker.find_error(line.record, str(line.id))
            if error is not None:
                line.refuse(error)
            elif self._schema_version is not None:
                line.record["schema"] = self._schema_version
        return line

    def _write_group(self, lines: list[Line], rights: Rights) -> None:
        """Write lines that have IDs, no two the same."""
        model, storage = self._target.model, self._registry.storage
        ids = [str(line.id) for line in lines]
        stored = storage.get_many(model.resource_name, model.parent_id, ids)
        self._forbid(lines, stored, rights)
        accepted = [line for line in lines if line.status is None]
        for line in accepted:
            self._decide(line, stored.get(str(line.id)))
        self._store([line for line in accepted if line.status is not LineStatus.UNCHANGED], stored)
        if model.explicit_perm:
            uris = [self._target.record_uri(str(line.id)) for line in accepted]
            allow_write(self._registry.permission, uris, model.current_principal)
        self._collect_events(accepted, stored)

    def _forbid(self, lines: list[Line], stored: Stored, rights: Rights) -> None:
        writable: set[str] = set()
        if not rights.may_write:
            writable = self._target.find_writable(list(stored))
        for line in lines:
            if line.id in stored:
                is_allowed = rights.may_write or line.id in writable
            else:
                is_allowed = rights.may_create
            if not is_allowed:
                line.refuse(_FORBIDDEN, LineStatus.FORBIDDEN)

    def _decide(self, line: Line, stored: StoredObject | None) -> None:
        if stored is None:
            line.status = LineStatus.CREATED
            return
        if line.last_modified is not None and line.last_modified <= stored.last_modified:
            line.last_modified = None  # As PUT does.
        if line.record is not None:
            self._kept.keep(line.record, stored.data)
        if line.last_modified is None and self._is_unchanged(line, stored):
            line.status, line.last_modified = LineStatus.UNCHANGED, stored.last_modified
        else:
            line.status = LineStatus.UPDATED

    def _is_unchanged(self, line: Line, stored: StoredObject) -> bool:
        """Compare everything but the schema's version, where the server sets that.

        A new schema that a record obeys already must not give it a new timestamp: there are two
        million of them.
        """
        data = stored.data
        if self._schema_version is not None:
            data = {**data, "schema": self._schema_version}
        return is_surely_same(line.record, data)

    def _store(self, lines: list[Line], stored: Stored) -> None:
        if not lines:
            return
        model = self._target.model
        timestamps = self._registry.storage.upsert_many(
            model.resource_name,
            model.parent_id,
            [NewObject(str(line.id), line.body(), line.last_modified) for line in lines],
        )
        for line in lines:
            line.last_modified = timestamps.get(line.id)
            if line.last_modified is None:
                # The database found it equal after all.
                line.status = LineStatus.UNCHANGED
                line.last_modified = stored[str(line.id)].last_modified

    def _collect_events(self, lines: list[Line], stored: Stored) -> None:
        impacted: dict[ACTIONS, list[dict[str, Any]]] = {}
        for line in lines:
            action = _ACTIONS.get(line.status or LineStatus.UNCHANGED)
            if action is None:
                continue
            # It has been stored, so it may be changed in place.
            new = line.record or {}
            new["id"], new["last_modified"] = line.id, line.last_modified
            change = {"new": new}
            if line.status is LineStatus.UPDATED:
                old = stored[str(line.id)]
                change["old"] = old.data
                change["old"] |= {"id": line.id, "last_modified": old.last_modified}
            impacted.setdefault(action, []).append(change)
        for action, changes in impacted.items():
            events.collect(self._target.request, self._target.model.parent_id, action, changes)


def _iter_groups(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Start a new group at each ID that repeats, so that its line sees what the first one wrote."""
    group: dict[str, Line] = {}
    for line in lines:
        if line.id is None or not line.has_valid_id:
            continue
        if line.id in group:
            yield list(group.values())
            group = {}
        group[line.id] = line
    if group:
        yield list(group.values())


def _read_kept(request: Any) -> KeptFields:
    try:
        return parse_keep(request.GET.getall(PARAMETER))
    except BadField as exc:
        raise_invalid(request, location="querystring", name=PARAMETER, description=str(exc))
        raise AssertionError("it has raised") from exc


def _refuse(line: Line, error: events.Refused | BackendError) -> None:
    cause = error.__cause__
    if isinstance(error, BackendError):
        line.refuse(find_value_error(error, line.record) or _CONFLICT)
    elif isinstance(cause, HTTPForbidden):
        line.refuse(_message(cause, _FORBIDDEN), LineStatus.FORBIDDEN)
    else:
        line.refuse(_message(cause, str(cause)))


def _message(error: Any, otherwise: str) -> str:
    """Return the message of a Kinto error, or *otherwise* for any other response."""
    if error.content_type == "application/json":
        return str(error.json.get("message") or otherwise)
    return otherwise
