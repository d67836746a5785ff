"""How matches are highlighted."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.json_values import (
    iter_list,
    read_flag,
    read_text,
    shown,
    single,
)
from kinto_buildhub.search.language.query_clauses import parse_query
from kinto_buildhub.search.language.reader import Reader

_TAGS = {
    "styled": (tuple(f'<em class="hlt{number}">' for number in range(1, 11)), ("</em>",)),
    "default": (("<em>",), ("</em>",)),
}

# Options of the types `plain` and `fvh`; `unified` has no use for them.
_OF_OTHER_TYPES = ("boundary_chars", "boundary_max_scan", "fragmenter", "phrase_limit")


def parse_highlight(reader: Reader) -> tuple[tree.HighlightField, ...]:
    """Take ``highlight``: the fields, each with the shared options and its own."""
    value = reader.raw("highlight")
    if value is None:
        return ()
    outer = Reader.of(value, reader.at("highlight"), "highlight", reader.budget)
    shared = _highlight_options(outer)
    kind = outer.text("type", "unified")
    fields = outer.raw("fields", {})
    outer.finish()
    found = []
    for name, body, path in _named_fields(fields, outer.at("fields")):
        inner = Reader.of(body, path, "highlight field", reader.budget)
        inner.only("matched_fields", [name], name)
        inner.only("fragment_offset", 0)
        found.append(
            tree.HighlightField(field=name, **{**shared, **_highlight_options(inner, kind)})
        )
        inner.finish()
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)


def _named_fields(fields: Any, path: str) -> list[tuple[str, Any, str]]:
    """Return name, options and path of each field, from an object or a list of objects."""
    if isinstance(fields, list):
        return [single(item, at, "highlight field") for item, at in iter_list(fields, path)]
    if isinstance(fields, dict):
        return [(name, body, f"{path}.{name}") for name, body in fields.items()]
    raise BadQuery(f"expected an object or a list, got {shown(fields)}", path)


def _highlight_options(reader: Reader, kind: str = "unified") -> dict[str, Any]:
    """Take the options that are present, shared or of one field; *kind* is the shared type."""
    kind = reader.choice("type", ("unified", "plain", "fvh"), kind)
    if kind == "unified":
        reader.ignore(*_OF_OTHER_TYPES)
    else:
        reader.refuse(*_OF_OTHER_TYPES, why="fragments are cut as by the type 'unified'")
    reader.refuse("boundary_scanner_locale", "max_analyzed_offset", why="the whole text is read")
    reader.only("boundary_scanner", "sentence")
    reader.only("force_source", True, False)  # There is nothing else to take a text from.
    reader.only("order", "none")
    found: dict[str, Any] = {}
    if (encoder := reader.choice("encoder", ("default", "html"), None)) is not None:
        found["is_html"] = encoder == "html"
    if reader.has("tags_schema"):
        schema = reader.choice("tags_schema", tuple(_TAGS))
        found["pre_tags"], found["post_tags"] = _TAGS[schema]
    reader.ignore("tags_schema")
    for name in ("pre_tags", "post_tags"):
        if tags := tuple(read_text(tag, at) for tag, at in reader.list(name, None)):
            found[name] = tags
    for name in ("fragment_size", "number_of_fragments", "no_match_size"):
        if (number := reader.integer(name, None)) is not None:
            found[name] = number
    value = reader.raw("require_field_match")
    if value is not None:
        found["require_field_match"] = read_flag(value, reader.at("require_field_match"))
    query = reader.raw("highlight_query")
    if query is not None:
        found["query"] = parse_query(query, reader.at("highlight_query"), reader.budget)
    return found
