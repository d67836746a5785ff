"""The row of an aggregation type, and the options that several types have."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kinto_buildhub.search.language.own_fields import check_searched
from kinto_buildhub.search.language.reader import Budget, Reader
from kinto_buildhub.search.language.tree import Aggregation

# Returns the aggregation for a body, its path, what is left of the limits, and its depth.
ReadBody = Callable[[Any, str, Budget, int], Aggregation]


@dataclass(frozen=True, slots=True)
class AggregationType:
    """All that is known of an aggregation type before an engine runs it.

    Attributes:
        name: as in a request.
        node: the type of the tree that it becomes. Engines have a handler for each type.
        read: returns the node for the body.
        has_buckets: whether other aggregations may be nested in it.
        help: its options and what is special, for the reference, in reStructuredText.
    """

    name: str
    node: type[Aggregation]
    read: ReadBody
    has_buckets: bool
    help: str = ""


def object_body(read: Callable[[Reader], Aggregation]) -> ReadBody:
    """Return the reader of a body that is an object of options, all of which *read* takes."""

    def read_body(body: Any, path: str, budget: Budget, depth: int) -> Aggregation:
        what = f"aggregation {path.rsplit('.', 1)[-1]!r}"
        reader = Reader.of(body, path, what, budget, depth)
        aggregation = read(reader)
        reader.finish()
        return aggregation

    return read_body


def read_field(reader: Reader) -> str:
    """Take ``field``."""
    reader.refuse("script", why="there are no scripts")
    return check_searched(reader.text("field"), reader.at("field"))


def read_format(reader: Reader) -> str | None:
    """Take ``format``."""
    return reader.text("format", None)  # type: ignore[no-any-return]
