"""Term-level queries: those that compare a field's values as they are."""

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates.options import read_date_format, read_time_zone
from kinto_buildhub.search.language.json_values import iter_list, read_scalar, read_text, shown
from kinto_buildhub.search.language.lucene.regexp import check_regexp
from kinto_buildhub.search.language.queries.clause import single_field
from kinto_buildhub.search.language.queries.options import (
    read_fuzziness,
    read_pattern,
    read_rewrite,
)
from kinto_buildhub.search.language.queries.revisions import in_both_lengths
from kinto_buildhub.search.language.reader import Reader
from kinto_buildhub.search.language.tree import Query

_OPTIONS_OF_TERMS = ("boost", "_name")


def read_term(reader: Reader, field: str) -> Query:
    """``{field: value}``."""
    return in_both_lengths(
        tree.Term(
            field=field,
            value=reader.scalar("value"),
            case_insensitive=reader.flag("case_insensitive"),
            path=reader.path,
        )
    )


def read_terms(reader: Reader) -> Query:
    """``{field: [value, …]}``, options beside the field."""
    field = single_field(reader, _OPTIONS_OF_TERMS)
    values, at = reader.raw(field), reader.at(field)
    if not isinstance(values, list):
        raise BadQuery(f"expected a list of values, got {shown(values)}", at)
    reader.budget.count_clauses(reader.path, reader.depth, len(values))
    return in_both_lengths(
        tree.Terms(
            field=field,
            values=tuple(read_scalar(value, where) for value, where in iter_list(values, at)),
            path=reader.path,
        )
    )


def read_range(reader: Reader, field: str) -> Query:
    """``{field: {"gte": …, "lt": …}}``; ``from`` and ``to`` are older names of the bounds."""
    reader.allow_null("gt", "gte", "lt", "lte", "from", "to")
    for names in (("gt", "gte", "from"), ("lt", "lte", "to")):
        given = [name for name in names if reader.has(name)]
        if len(given) > 1:
            raise BadQuery(f"expected one of {', '.join(names)}, got {given}", reader.path)
    bounds = {key: reader.scalar(key, None) for key in ("gt", "gte", "lt", "lte")}
    lower, upper = reader.scalar("from", None), reader.scalar("to", None)
    include_lower = reader.flag("include_lower", True)
    include_upper = reader.flag("include_upper", True)
    if lower is not None:
        bounds["gte" if include_lower else "gt"] = lower
    if upper is not None:
        bounds["lte" if include_upper else "lt"] = upper
    reader.only("relation", "intersects", "within", "contains", "INTERSECTS", "WITHIN", "CONTAINS")
    return tree.Range(
        field=field,
        **bounds,
        format=read_date_format(reader),
        time_zone=read_time_zone(reader),
        path=reader.path,
    )


def read_exists(reader: Reader) -> Query:
    """``{"field": name}``."""
    field = reader.text("field")
    if not field:
        raise BadQuery("expected a name, got an empty text", reader.at("field"))
    if field == "_doc_count":  # Elasticsearch answers for its other own fields.
        reason = "the field _doc_count is not searchable"
        raise BadQuery(reason, reader.at("field"), "query_shard_exception")
    return tree.Exists(field=field, path=reader.path)


def read_missing(reader: Reader) -> Query:
    """``{"field": name}``."""
    reader.only("existence", True)
    reader.only("null_value", False)
    exists = tree.Exists(field=reader.text("field"), path=reader.path)
    return tree.Bool(must_not=(exists,), path=reader.path)


def read_ids(reader: Reader) -> Query:
    """``{"values": [id, …]}``."""
    reader.only("type", "_doc")  # Elasticsearch 7's only document type.
    values = tuple(read_text(value, at) for value, at in reader.list("values", None))
    if "" in values:
        raise BadQuery("expected IDs, got an empty text", reader.at("values"))
    reader.budget.count_clauses(reader.path, reader.depth, len(values))
    return tree.Ids(values=values, path=reader.path)


def read_prefix(reader: Reader, field: str) -> Query:
    """``{field: text}``."""
    read_rewrite(reader)
    reader.allow_null("rewrite")
    return tree.Prefix(
        field=field,
        value=read_pattern(reader, "value"),
        case_insensitive=reader.flag("case_insensitive"),
        path=reader.path,
    )


def read_wildcard(reader: Reader, field: str) -> Query:
    """``{field: pattern}``."""
    read_rewrite(reader)
    reader.allow_null("rewrite")
    return tree.Wildcard(
        field=field,
        value=read_pattern(reader, "value"),
        case_insensitive=reader.flag("case_insensitive"),
        path=reader.path,
    )


def read_regexp(reader: Reader, field: str) -> Query:
    """``{field: expression}``."""
    reader.ignore("max_determinized_states")  # kinto.search.max_regexp_states is the limit.
    read_rewrite(reader)
    reader.allow_null("rewrite", "flags")
    query = tree.Regexp(
        field=field,
        value=reader.text("value"),
        flags=reader.text("flags", "ALL"),
        case_insensitive=reader.flag("case_insensitive"),
        path=reader.path,
    )
    check_regexp(query.value, query.flags, reader.at("value"), reader.budget.limits)
    return query


def read_fuzzy(reader: Reader, field: str) -> Query:
    """``{field: text}``."""
    read_rewrite(reader)
    reader.refuse("max_expansions", why="all terms that match count")
    return tree.Fuzzy(
        field=field,
        value=read_pattern(reader, "value"),
        fuzziness=read_fuzziness(reader) or "AUTO",
        prefix_length=reader.integer("prefix_length", 0),
        transpositions=reader.flag("transpositions", True),
        path=reader.path,
    )
