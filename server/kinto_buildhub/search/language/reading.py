"""Reading JSON that a stranger sent: every key is either taken or a mistake that is named."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.tree import Scalar
from kinto_buildhub.search.settings import Limits

T = TypeVar("T")
_REQUIRED: Any = object()


@dataclass(slots=True)
class Budget:
    """What one request has used up of its limits, while it is read."""

    limits: Limits
    clauses: int = 0
    aggregations: int = 0

    def clause(self, path: str, depth: int, count: int = 1) -> None:
        """Count a query clause (or several, such as values in a list)."""
        self.clauses += count
        if self.clauses > self.limits.clauses:
            raise BadQuery(
                f"more than {self.limits.clauses} clauses (kinto.search.max_clauses)",
                path,
                "too_many_clauses",
            )
        self.nesting(path, depth)

    def aggregation(self, path: str, depth: int) -> None:
        """Count an aggregation."""
        self.aggregations += 1
        if self.aggregations > self.limits.aggregations:
            raise BadQuery(
                f"more than {self.limits.aggregations} aggregations "
                "(kinto.search.max_aggregations)",
                path,
            )
        self.nesting(path, depth)

    def nesting(self, path: str, depth: int) -> None:
        """Check how deep something stands."""
        if depth > self.limits.depth:
            raise BadQuery(f"nested deeper than {self.limits.depth} (kinto.search.max_depth)", path)


@dataclass(slots=True)
class Reader:
    """One object of the request.

    Attributes:
        value: the object.
        path: where it stands.
        what: what it is, for messages: ``query 'term'``.
    """

    value: dict[str, Any]
    path: str
    what: str
    budget: Budget
    depth: int = 0
    taken: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, value: Any, path: str, what: str, budget: Budget, depth: int = 0) -> "Reader":
        """Read *value*, which has to be an object."""
        if not isinstance(value, dict):
            raise BadQuery(f"{what}: expected an object, got {shown(value)}", path)
        return cls(value, path, what, budget, depth)

    def has(self, name: str) -> bool:
        """Tell whether the key is there, and not null."""
        return self.value.get(name) is not None

    def raw(self, name: str, default: Any = None) -> Any:
        """Take a key's value as it is; null counts as absent."""
        self.taken.add(name)
        value = self.value.get(name)
        return default if value is None else value

    def ignore(self, *names: str) -> None:
        """Take keys that have no effect here."""
        self.taken.update(names)

    def refuse(self, *names: str, why: str) -> None:
        """Name keys that are known and not supported."""
        for name in names:
            if name in self.value:
                raise BadQuery(f"{self.what}: option {name!r} is not supported: {why}", self.path)

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
        """Take text, a number or a truth value."""
        return self._read(name, default, read_scalar)

    def integer(self, name: str, default: Any = _REQUIRED, least: int = 0) -> Any:
        """Take a whole number from *least*."""
        value = self._read(name, default, read_integer)
        if value is not None and value < least:
            raise BadQuery(f"expected a whole number from {least}, got {value}", self.at(name))
        return value

    def number(self, name: str, default: Any = _REQUIRED) -> Any:
        """Take a number."""
        return self._read(name, default, read_number)

    def flag(self, name: str, default: Any = False) -> Any:
        """Take a truth value."""
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
        """Take a list, or one value in place of a list of one; each with its path."""
        value = self.raw(name)
        if value is None:
            if default is _REQUIRED:
                raise BadQuery(f"{self.what}: {name!r} is missing", self.path)
            return []
        return list(iter_list(value, self.at(name)))

    def objects(self, name: str) -> Iterator[tuple[str, Any, str]]:
        """Take an object of objects: key, value, path of each."""
        value = self.raw(name, {})
        if not isinstance(value, dict):
            raise BadQuery(f"expected an object, got {shown(value)}", self.at(name))
        for key, item in value.items():
            yield key, item, f"{self.at(name)}.{key}"

    def finish(self) -> None:
        """Complain about the first key that nobody took."""
        for name in self.value:
            if name not in self.taken:
                known = ", ".join(sorted(self.taken))
                raise BadQuery(
                    f"{self.what}: unknown option {name!r}; known are {known}", self.path
                )


def iter_list(value: Any, path: str) -> Iterator[tuple[Any, str]]:
    """Yield a list's items with their paths; anything else is a list of one."""
    if not isinstance(value, list):
        yield value, path
        return
    for number, item in enumerate(value):
        yield item, f"{path}[{number}]"


def single(value: Any, path: str, what: str) -> tuple[str, Any, str]:
    """Return the one key of an object, its value and its path."""
    if not isinstance(value, dict):
        raise BadQuery(f"{what}: expected an object, got {shown(value)}", path)
    if len(value) != 1:
        found = ", ".join(sorted(map(str, value))) or "none"
        raise BadQuery(f"{what}: expected exactly one key, got {found}", path)
    ((name, body),) = value.items()
    return name, body, f"{path}.{name}" if path else name


def read_text(value: Any, path: str) -> str:
    """Return text; a number is taken as its digits."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise BadQuery(f"expected text, got {shown(value)}", path)
    return str(value)


def read_scalar(value: Any, path: str) -> Scalar:
    """Return text, a number or a truth value."""
    if not isinstance(value, (str, int, float, bool)):
        raise BadQuery(f"expected text, a number or a truth value, got {shown(value)}", path)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadQuery(f"expected a finite number, got {value}", path)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise BadQuery(f"a whole number has at most 64 bits, got {value}"[:200], path)
    return value


def read_integer(value: Any, path: str) -> int:
    """Return a whole number; its digits as text will do."""
    number = read_number(value, path)
    if number != int(number):
        raise BadQuery(f"expected a whole number, got {shown(value)}", path)
    return int(number)


def read_number(value: Any, path: str) -> float:
    """Return a finite number; its digits as text will do."""
    if isinstance(value, str):
        try:
            value = int(value) if value.isascii() and len(value) < 20 else float(value)
        except ValueError:
            try:
                value = float(value)
            except ValueError:
                value = None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadQuery("expected a number", path)
    if isinstance(value, float) and not math.isfinite(value):
        raise BadQuery("expected a finite number", path)
    if abs(value) >= 2**63:
        raise BadQuery("expected a number of at most 64 bits", path)
    return value


def read_flag(value: Any, path: str) -> bool:
    """Return a truth value; ``"true"`` and ``"false"`` will do."""
    if value in ("true", "false", ""):
        return bool(value != "false")
    if not isinstance(value, bool):
        raise BadQuery(f"expected true or false, got {shown(value)}", path)
    return value


def shown(value: Any) -> str:
    """Return a short text for messages."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "null"
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
