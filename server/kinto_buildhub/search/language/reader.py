"""Reading the objects of a request: every key is taken, or refused as unknown."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.json_values import (
    iter_list,
    read_flag,
    read_integer,
    read_number,
    read_scalar,
    read_text,
    shown,
)
from kinto_buildhub.search.settings import Limits

T = TypeVar("T")
_REQUIRED: Any = object()


@dataclass(slots=True)
class Budget:
    """How much of its limits one request has used, while it is parsed."""

    limits: Limits
    clauses: int = 0
    aggregations: int = 0

    def count_clauses(self, path: str, depth: int, count: int = 1) -> None:
        """Count query clauses, or what costs as much, such as values in a list."""
        self.clauses += count
        if self.clauses > self.limits.clauses:
            raise BadQuery(
                f"more than {self.limits.clauses} clauses (kinto.search.max_clauses)",
                path,
                "too_many_clauses",
            )
        self.check_depth(path, depth)

    def count_aggregation(self, path: str, depth: int) -> None:
        """Count an aggregation."""
        self.aggregations += 1
        if self.aggregations > self.limits.aggregations:
            raise BadQuery(
                f"more than {self.limits.aggregations} aggregations "
                "(kinto.search.max_aggregations)",
                path,
            )
        self.check_depth(path, depth)

    def check_depth(self, path: str, depth: int) -> None:
        """Check how deep a clause or an aggregation is nested."""
        if depth > self.limits.depth:
            raise BadQuery(f"nested deeper than {self.limits.depth} (kinto.search.max_depth)", path)


def _is_between(value: float, least: float | None, most: float | None) -> bool:
    return (least is None or value >= least) and (most is None or value <= most)


@dataclass(slots=True)
class Reader:
    """One object of the request.

    Attributes:
        value: the object.
        path: where it is in the request, for messages.
        what: what it is, for messages: ``query 'term'``.
        budget: counts clauses and aggregations.
        depth: how deep it is nested.
        taken: the keys that have been read.
        nullable: the keys that may be null.
    """

    value: dict[str, Any]
    path: str
    what: str
    budget: Budget
    depth: int = 0
    taken: set[str] = field(default_factory=set)
    nullable: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, value: Any, path: str, what: str, budget: Budget, depth: int = 0) -> "Reader":
        """Return a reader of *value*, which has to be an object."""
        if not isinstance(value, dict):
            raise BadQuery(f"{what}: expected an object, got {shown(value)}", path)
        return cls(value, path, what, budget, depth)

    def has(self, name: str) -> bool:
        """Return whether the key is present, and not null."""
        return self.value.get(name) is not None

    def raw(self, name: str, default: Any = None) -> Any:
        """Take a key's value as it is; of null `finish` says that it is not allowed."""
        self.taken.add(name)
        value = self.value.get(name)
        return default if value is None else value

    def ignore(self, *names: str) -> None:
        """Take keys that have no effect."""
        self.taken.update(names)

    def allow_null(self, *names: str) -> None:
        """Let null in these keys mean that they are absent."""
        self.nullable.update(names)

    def refuse(self, *names: str, why: str) -> None:
        """Refuse keys that Elasticsearch has and this server does not support."""
        for name in names:
            if name in self.value:
                raise BadQuery(f"{self.what}: option {name!r} is not supported: {why}", self.path)

    def only(self, name: str, *allowed: Any) -> None:
        """Take a key that has no effect with the *allowed* values; others are refused.

        Raises:
            BadQuery: it has another value, which this server cannot honour.
        """
        value = self.raw(name)
        if value is None:
            return
        if value in ("true", "false") and isinstance(value, str):
            value = value == "true"
        if not any(value == each and type(value) is type(each) for each in allowed):
            known = ", ".join(json.dumps(each) for each in allowed)
            raise BadQuery(
                f"{self.what}: option {name!r} is supported with {known} only, got {shown(value)}",
                self.at(name),
            )

    def at(self, name: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{name}" if self.path else name

    def _read(self, name: str, default: Any, read: Callable[[Any, str], T]) -> T:
        value = self.raw(name)
        if value is None:
            if default is _REQUIRED:
                raise BadQuery(f"{self.what}: {name!r} is missing", self.path)
            return default  # type: ignore[no-any-return]
        return read(value, self.at(name))

    def text(self, name: str, default: Any = _REQUIRED) -> Any:
        """Take text."""
        return self._read(name, default, read_text)

    def scalar(self, name: str, default: Any = _REQUIRED) -> Any:
        """Take text, a number, true or false."""
        return self._read(name, default, read_scalar)

    def integer(self, name: str, default: Any = _REQUIRED, least: int = 0) -> Any:
        """Take a whole number from *least*."""
        value = self._read(name, default, read_integer)
        if value is not None and value < least:
            raise BadQuery(f"expected a whole number from {least}, got {value}", self.at(name))
        return value

    def number(
        self,
        name: str,
        default: Any = _REQUIRED,
        *,
        least: float | None = None,
        most: float | None = None,
    ) -> Any:
        """Take a number from *least* to *most*."""
        value = self._read(name, default, read_number)
        if value is None or _is_between(value, least, most):
            return value
        expected = f"from {least}" if most is None else f"from {least} to {most}"
        raise BadQuery(f"expected a number {expected}, got {value}", self.at(name))

    def flag(self, name: str, default: Any = False) -> Any:
        """Take true or false."""
        return self._read(name, default, read_flag)

    def choice(self, name: str, choices: tuple[str, ...], default: Any = _REQUIRED) -> Any:
        """Take one of *choices*, in any case."""
        value = self.text(name, default)
        if value is None or value in choices:
            return value
        if value.lower() not in choices:
            raise BadQuery(
                f"expected one of {', '.join(choices)}, got {shown(value)}", self.at(name)
            )
        return value.lower()

    def list(self, name: str, default: Any = _REQUIRED) -> list[tuple[Any, str]]:
        """Take a list, or a single value as a list of one; each with its path."""
        value = self.raw(name)
        if value is None:
            if default is _REQUIRED:
                raise BadQuery(f"{self.what}: {name!r} is missing", self.path)
            return []
        return list(iter_list(value, self.at(name)))

    def objects(self, name: str) -> Iterator[tuple[str, Any, str]]:
        """Take an object; yield key, value and path of each member."""
        value = self.raw(name, {})
        if not isinstance(value, dict):
            raise BadQuery(f"expected an object, got {shown(value)}", self.at(name))
        for key, item in value.items():
            yield key, item, f"{self.at(name)}.{key}"

    def finish(self) -> None:
        """Refuse the first key that was not taken, or is null."""
        for name, value in self.value.items():
            if value is None and name in self.taken and name not in self.nullable:
                raise BadQuery(f"{self.what}: {name!r} is null; leave it out", self.at(name))
            if name not in self.taken:
                known = ", ".join(sorted(self.taken))
                raise BadQuery(
                    f"{self.what}: unknown option {name!r}; expected one of {known}", self.path
                )
