"""Generations: the successive indexes of a collection on a cluster.

A collection's alias (``kinto.build-hub.releases``) points to one index, its generation
(``kinto.build-hub.releases.0``). A rebuild fills the next one and moves the alias. Position and
mapping are in the generation's own ``_meta``, so they stay with its data.

Each generation has an alias of its own for writes. A write to the name of a deleted index creates
the index again; a write to a missing alias is an error. So a writer notices that a rebuild has
replaced its generation.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from kinto_buildhub.search.elastic.client import Client
from kinto_buildhub.search.elastic.documents import index_mapping
from kinto_buildhub.search.engine import BEGINNING, BadQuery, IndexMissing
from kinto_buildhub.search.mapping import Mapping

_META_KEY = "buildhub"
_WRITE_SUFFIX = ".write"

FIRST = "0"

# How soon a search finds a change after it was written. The servers' default of a second would
# leave no time for getting the change there.
REFRESH_INTERVAL = "500ms"


@dataclass(frozen=True)
class Generation:
    """One index, with its own ``_meta``.

    Attributes:
        name: of the index.
        mapping: that it was built from.
        position: the timestamp up to which it has followed its collection.
    """

    name: str
    mapping: Mapping
    position: int

    @property
    def write_alias(self) -> str:
        """The alias to write to."""
        return self.name + _WRITE_SUFFIX


def find_generation(client: Client, alias: str) -> Generation | None:
    """Return the generation that *alias* points to; None if there is no such alias."""
    try:
        found = client.perform_request("GET", f"/{alias}/_mapping")
    except IndexMissing:
        return None
    newest = max(found)
    if len(found) > 1:
        _move_alias(client, alias, newest, away_from=set(found) - {newest})
    return _read_generation(newest, found[newest]["mappings"])


def create_generation(
    client: Client,
    alias: str,
    number: str,
    mapping: Mapping,
    settings: dict[str, Any],
    *,
    is_current: bool,
) -> Generation:
    """Create an empty index; harmless if there is one of this name.

    Args:
        client: of the cluster.
        alias: of the collection.
        number: the end of its name; sorts after those of the alias's other generations.
        mapping: to build it from.
        settings: of the index.
        is_current: *alias* points to it from the start.
    """
    generation = Generation(f"{alias}.{number}", mapping, BEGINNING)
    body = {
        "settings": {"index": settings},
        "mappings": {**index_mapping(mapping), "_meta": _meta(mapping, BEGINNING)},
        "aliases": {generation.write_alias: {}, **({alias: {}} if is_current else {})},
    }
    try:
        client.perform_request("PUT", f"/{generation.name}", body)
    except BadQuery as exc:
        if exc.kind != "resource_already_exists_exception":
            raise
    return generation


def set_position(client: Client, generation: Generation, position: int) -> None:
    """Set the position of *generation*.

    Raises:
        IndexMissing: it is gone.
    """
    body = {"_meta": _meta(generation.mapping, position)}
    client.perform_request("PUT", f"/{generation.name}/_mapping", body)


def promote(client: Client, alias: str, generation: Generation) -> None:
    """Point *alias* to *generation*, and remove its other generations, in one step."""
    others = set(generation_names(client, alias)) - {generation.name}
    _move_alias(client, alias, generation.name, away_from=others)


def generation_names(client: Client, alias: str) -> Iterable[str]:
    """Return the names of all generations of *alias*, whichever it points to."""
    # The dot ends the collection's name, so the pattern matches no other collection.
    found: dict[str, Any] = client.perform_request(
        "GET", f"/{alias}.*/_alias", expand_wildcards="all"
    )
    return found.keys()


def remove(client: Client, names: Iterable[str]) -> None:
    """Remove indexes; harmless for those that are gone."""
    for name in names:
        try:
            client.perform_request("DELETE", f"/{name}")
        except IndexMissing:
            continue


def _move_alias(client: Client, alias: str, name: str, away_from: Iterable[str]) -> None:
    actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": alias}}]
    actions += [{"remove_index": {"index": other}} for other in sorted(away_from)]
    client.perform_request("POST", "/_aliases", {"actions": actions})


def _meta(mapping: Mapping, position: int) -> dict[str, Any]:
    # The mapping as text: a server may reorder the keys of an object, and reformat its numbers.
    text = orjson.dumps(mapping.body).decode()
    return {_META_KEY: {"position": position, "mapping": text}}


def _read_generation(name: str, body: dict[str, Any]) -> Generation:
    meta = body.get("_meta", {}).get(_META_KEY)
    if not isinstance(meta, dict):
        raise IndexMissing(f"{name} is not an index of BuildHub: its _meta has no {_META_KEY!r}.")
    return Generation(name, _read_mapping(meta["mapping"]), int(meta["position"]))


@lru_cache(maxsize=64)
def _read_mapping(text: str) -> Mapping:
    return Mapping(orjson.loads(text))
