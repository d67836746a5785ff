"""Queries as JSON for a cluster: a function per query, and a table of them."""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.elastic.render.index_fields import IndexFields
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.query_clauses import expand

Json = dict[str, Any]


def render_query(fields: IndexFields, query: tree.Query) -> Json:
    """Return a query as JSON."""
    return _QUERIES[type(query)](fields, query)


def given(**options: Any) -> Json:
    """Return the options that are not None."""
    return {name: value for name, value in options.items() if value is not None}


def _boosted(kind: str, query: tree.Query, body: Json) -> Json:
    return {kind: body | _common(query)}


def _common(query: tree.Query) -> Json:
    """Return the options that every query has."""
    boost = {} if query.boost == 1.0 else {"boost": query.boost}
    return boost | given(_name=query.name)


def _on_field(kind: str, fields: IndexFields, query: Any, body: Json) -> Json:
    """Return a query that has its options below the field's name."""
    return {kind: {fields.name(query.field): body | _common(query)}}


def _case(query: Any) -> Json:
    return {"case_insensitive": True} if query.case_insensitive else {}


def _term(fields: IndexFields, query: tree.Term) -> Json:
    body = {"value": fields.value(query.field, query.value)}
    if query.value != "":  # OpenSearch finds nothing without a letter to compare.
        body |= _case(query)
    return _on_field("term", fields, query, body)


def _terms(fields: IndexFields, query: tree.Terms) -> Json:
    values = [fields.value(query.field, value) for value in query.values]
    return _boosted("terms", query, {fields.name(query.field): values})


def _range(fields: IndexFields, query: tree.Range) -> Json:
    bounds = given(gt=query.gt, gte=query.gte, lt=query.lt, lte=query.lte)
    body = {side: fields.value(query.field, bound) for side, bound in bounds.items()}
    body |= given(format=query.format, time_zone=query.time_zone)
    return _on_field("range", fields, query, body)


def _exists(fields: IndexFields, query: tree.Exists) -> Json:
    return _boosted("exists", query, {"field": fields.name(query.field)})


def _ids(fields: IndexFields, query: tree.Ids) -> Json:
    return _boosted("ids", query, {"values": list(query.values)})


def _prefix(fields: IndexFields, query: tree.Prefix) -> Json:
    return _on_field("prefix", fields, query, {"value": query.value} | _case(query))


def _wildcard(fields: IndexFields, query: tree.Wildcard) -> Json:
    return _on_field("wildcard", fields, query, {"value": query.value} | _case(query))


def _regexp(fields: IndexFields, query: tree.Regexp) -> Json:
    body = {"value": query.value} | _case(query)
    if query.flags != "ALL":
        body["flags"] = query.flags
    return _on_field("regexp", fields, query, body)


def _fuzzy(fields: IndexFields, query: tree.Fuzzy) -> Json:
    body = {
        "value": query.value,
        "fuzziness": query.fuzziness,
        "prefix_length": query.prefix_length,
        "transpositions": query.transpositions,
    }
    return _on_field("fuzzy", fields, query, body)


def _bool(fields: IndexFields, query: tree.Bool) -> Json:
    clauses = {
        "must": query.must,
        "filter": query.filter,
        "should": query.should,
        "must_not": query.must_not,
    }
    body: Json = {
        kind: [render_query(fields, clause) for clause in some]
        for kind, some in clauses.items()
        if some
    }
    body |= given(minimum_should_match=query.minimum_should_match)
    return _boosted("bool", query, body)


def _dis_max(fields: IndexFields, query: tree.DisMax) -> Json:
    body: Json = {"queries": [render_query(fields, each) for each in query.queries]}
    return _boosted("dis_max", query, body | {"tie_breaker": query.tie_breaker})


def _constant_score(fields: IndexFields, query: tree.ConstantScore) -> Json:
    return _boosted("constant_score", query, {"filter": render_query(fields, query.filter)})


def _boosting(fields: IndexFields, query: tree.Boosting) -> Json:
    body = {
        "positive": render_query(fields, query.positive),
        "negative": render_query(fields, query.negative),
        "negative_boost": query.negative_boost,
    }
    return _boosted("boosting", query, body)


def _match(fields: IndexFields, query: tree.Match) -> Json:
    body = {
        "query": fields.value(query.field, query.query),
        "operator": query.operator,
        "lenient": query.lenient,
        "zero_terms_query": query.zero_terms_query,
    }
    body |= given(minimum_should_match=query.minimum_should_match, fuzziness=query.fuzziness)
    return _on_field("match", fields, query, body | _fuzzy_options(query))


def _fuzzy_options(query: tree.Match | tree.MultiMatch) -> Json:
    body: Json = {}
    if query.prefix_length:
        body["prefix_length"] = query.prefix_length
    if not query.transpositions:
        body["fuzzy_transpositions"] = False
    return body


def _match_phrase(fields: IndexFields, query: tree.MatchPhrase) -> Json:
    if query.prefix and not fields.is_text(query.field):
        # Servers refuse it on a keyword, and Search UI sends it for each of its fields.
        text = str(query.query)
        return _prefix(
            fields, tree.Prefix(field=query.field, value=text, boost=query.boost, name=query.name)
        )
    kind = "match_phrase_prefix" if query.prefix else "match_phrase"
    body = {"query": fields.value(query.field, query.query), "slop": query.slop}
    if query.zero_terms_query != "none":
        body["zero_terms_query"] = query.zero_terms_query
    return _on_field(kind, fields, query, body)


def _multi_match(fields: IndexFields, query: tree.MultiMatch) -> Json:
    searched = fields.with_boosts(query.fields)
    if not searched:
        return {"match_none": {}}
    if query.type == "phrase_prefix":
        return render_query(fields, expand(query, fields.mapping))
    body: Json = {"query": query.query, "fields": searched, "type": query.type}
    # Without fields of its own it searches all of them, and not all of them hold text.
    body["lenient"] = query.lenient or not query.fields
    if query.zero_terms_query != "none":
        body["zero_terms_query"] = query.zero_terms_query
    if query.type.startswith("phrase"):
        body["slop"] = query.slop
    else:
        body["operator"] = query.operator
        body |= given(fuzziness=query.fuzziness) | _fuzzy_options(query)
    body |= given(minimum_should_match=query.minimum_should_match, tie_breaker=query.tie_breaker)
    return _boosted("multi_match", query, body)


def _query_string(fields: IndexFields, query: tree.QueryString) -> Json:
    body = {
        "query": fields.query_text(query.query),
        "default_operator": query.default_operator,
        "analyze_wildcard": query.analyze_wildcard,
        "allow_leading_wildcard": query.allow_leading_wildcard,
        "phrase_slop": query.phrase_slop,
    }
    body |= given(tie_breaker=query.tie_breaker, time_zone=query.time_zone)
    return _boosted("query_string", query, body | _text_options(fields, query))


def _simple_query_string(fields: IndexFields, query: tree.SimpleQueryString) -> Json:
    body = {
        "query": query.query,
        "default_operator": query.default_operator,
        "flags": query.flags,
        "analyze_wildcard": query.analyze_wildcard,
    }
    return _boosted("simple_query_string", query, body | _text_options(fields, query))


def _text_options(fields: IndexFields, query: tree.QueryString | tree.SimpleQueryString) -> Json:
    lenient = not query.fields if query.lenient is None else query.lenient
    return given(
        # On a mapping without fields the query is valid, and finds nothing.
        fields=fields.with_boosts(query.fields) or ["id"],
        lenient=lenient,
        minimum_should_match=query.minimum_should_match,
    )


_QUERIES: dict[type[tree.Query], Callable[[IndexFields, Any], Json]] = {
    tree.MatchAll: lambda fields, query: _boosted("match_all", query, {}),
    tree.MatchNone: lambda fields, query: _boosted("match_none", query, {}),
    tree.Term: _term,
    tree.Terms: _terms,
    tree.Range: _range,
    tree.Exists: _exists,
    tree.Ids: _ids,
    tree.Prefix: _prefix,
    tree.Wildcard: _wildcard,
    tree.Regexp: _regexp,
    tree.Fuzzy: _fuzzy,
    tree.Bool: _bool,
    tree.DisMax: _dis_max,
    tree.ConstantScore: _constant_score,
    tree.Boosting: _boosting,
    tree.Match: _match,
    tree.MatchPhrase: _match_phrase,
    tree.MultiMatch: _multi_match,
    tree.QueryString: _query_string,
    tree.SimpleQueryString: _simple_query_string,
}
