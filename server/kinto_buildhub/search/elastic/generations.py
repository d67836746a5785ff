"""Generations: the indexes on a cluster that an alias leads to, one after the other.

A collection's alias (``kinto.build-hub.releases``) leads to one index, its generation
(``kinto.build-hub.releases.0``). A rebuild fills the next one and moves the alias. Position and
mapping stand in the generation's own ``_meta``, so they go where the data goes.

Writes go to a generation by a second alias that is its own. An index that is gone is silently made
again by whoever writes to it by its name; by a missing alias it is an error, which is what a writer
has to learn when a rebuild has overtaken it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import orjson

from kinto_buildhub.search.elastic.client import Client
from kinto_buildhub.search.elastic.documents import index_mapping
from kinto_buildhub.search.engine import BadQuery, IndexMissing
from kinto_buildhub.search.mapping import Mapping

_META_KEY = "buildhub"
_WRITE_SUFFIX = ".write"

FIRST = "0"

# A search finds what was written this long ago. A server's own default is a second, which would
# leave no time for getting the change there.
REFRESH_INTERVAL = "500ms"


@dataclass(frozen=True)
class Generation:
    """One index, and what it says about itself.

    Attributes:
        name: of the index.
        mapping: what it was built from.
        position: timestamp up to which it has followed.
    """

    name: str
    mapping: Mapping
    position: int

    @property
    def write_alias(self) -> str:
        """The name to write to."""
        return self.name + _WRITE_SUFFIX


def find_generation(client: Client, alias: str) -> Generation | None:
    """Return where *alias* leads, if there is such an alias."""
    try:
        found = client.ask("GET", f"/{alias}/_mapping")
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
    """Make an empty index; harmless if there is one of this name.

    Args:
        client: the cluster's.
        alias: of the collection.
        number: what tells it from the alias's other generations; sorts after theirs.
        mapping: to build it from.
        settings: of the index.
        is_current: *alias* leads to it from the start.
    """
    generation = Generation(f"{alias}.{number}", mapping, 0)
    body = {
        "settings": {"index": settings},
        "mappings": {**index_mapping(mapping), "_meta": _meta(mapping, 0)},
        "aliases": {generation.write_alias: {}, **({alias: {}} if is_current else {})},
    }
    try:
        client.ask("PUT", f"/{generation.name}", body)
    except BadQuery as exc:
        if exc.kind != "resource_already_exists_exception":
            raise
    return generation


def set_position(client: Client, generation: Generation, position: int) -> None:
    """Say up to where *generation* has followed.

    Raises:
        IndexMissing: it is gone.
    """
    body = {"_meta": _meta(generation.mapping, position)}
    client.ask("PUT", f"/{generation.name}/_mapping", body)


def promote(client: Client, alias: str, generation: Generation) -> None:
    """Let *alias* lead to *generation*, and remove its other generations, in one step."""
    others = set(iter_generation_names(client, alias)) - {generation.name}
    _move_alias(client, alias, generation.name, away_from=others)


def iter_generation_names(client: Client, alias: str) -> Iterable[str]:
    """Return the names of all indexes of *alias*, those that it does not lead to included."""
    # A dot ends the alias's last part, so the pattern reaches no other collection.
    found: dict[str, Any] = client.ask("GET", f"/{alias}.*/_alias", expand_wildcards="all")
    return found.keys()


def remove(client: Client, names: Iterable[str]) -> None:
    """Remove indexes; harmless for those that are gone."""
    for name in names:
        try:
            client.ask("DELETE", f"/{name}")
        except IndexMissing:
            continue


def _move_alias(client: Client, alias: str, name: str, away_from: Iterable[str]) -> None:
    actions: list[dict[str, Any]] = [{"add": {"index": name, "alias": alias}}]
    actions += [{"remove_index": {"index": other}} for other in sorted(away_from)]
    client.ask("POST", "/_aliases", {"actions": actions})


def _meta(mapping: Mapping, position: int) -> dict[str, Any]:
    # The mapping as a text: a server may put its keys in another order, and read numbers anew.
    text = orjson.dumps(mapping.body).decode()
    return {_META_KEY: {"position": position, "mapping": text}}


def _read_generation(name: str, body: dict[str, Any]) -> Generation:
    meta = body.get("_meta", {}).get(_META_KEY)
    if not isinstance(meta, dict):
        raise IndexMissing(f"{name} is no index of this program: its _meta has no {_META_KEY!r}.")
    return Generation(name, _read_mapping(meta["mapping"]), int(meta["position"]))


@lru_cache(maxsize=64)
def _read_mapping(text: str) -> Mapping:
    return Mapping(orjson.loads(text))
