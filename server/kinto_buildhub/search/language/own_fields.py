"""Fields that Elasticsearch has beside those of a mapping."""

from kinto_buildhub.search.errors import BadQuery

OWN_FIELDS = frozenset(
    {
        *("_doc_count", "_field_names", "_id", "_ignored", "_index", "_nested_path"),
        *("_routing", "_seq_no", "_source", "_tier", "_version"),
    }
)


def check_searched(name: str, path: str) -> str:
    """Return the name of a field that is searched or counted: one of the mapping, or ``_id``.

    Raises:
        BadQuery: it is another of Elasticsearch's own, or empty.
    """
    if not name:
        raise BadQuery("expected a name, got an empty text", path, "illegal_argument_exception")
    if name in OWN_FIELDS and name != "_id":
        raise BadQuery(f"the field {name} is not searchable", path, "query_shard_exception")
    return name
