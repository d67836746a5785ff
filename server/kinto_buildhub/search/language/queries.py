"""The query part of a request: JSON in, tree out."""

from collections.abc import Callable
from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.lucene.regexp import check_regexp
from kinto_buildhub.search.language.reading import (
    Budget,
    Reader,
    iter_list,
    read_number,
    read_scalar,
    read_text,
    shown,
    single,
)
from kinto_buildhub.search.language.tree import Query

_OPERATORS = ("or", "and")
_MATCH_TYPES = (
    "best_fields",
    "most_fields",
    "cross_fields",
    "phrase",
    "phrase_prefix",
    "bool_prefix",
)

# Options of queries that only tune how an engine works, or that engines no longer have. They stay
# without effect, so that programs written years ago go on working.
_TUNING = ("rewrite", "max_expansions", "prefix_length", "fuzzy_transpositions", "fuzzy_rewrite")
_OBSOLETE = (
    "auto_generate_phrase_queries",
    "auto_generate_synonyms_phrase_query",
    "cutoff_frequency",
    "disable_coord",
    "enable_position_increments",
    "escape",
    "fuzzy_max_expansions",
    "fuzzy_prefix_length",
    "fuzziness",
    "locale",
    "lowercase_expanded_terms",
    "max_determinized_states",
    "quote_analyzer",
    "quote_field_suffix",
    "split_on_whitespace",
    "time_zone",
    "use_dis_max",
)


def parse_query(value: Any, path: str, budget: Budget, depth: int = 1) -> Query:
    """Read one query.

    Raises:
        BadQuery: it is none, or of a kind that is not supported; says which are.
    """
    budget.clause(path, depth)
    name, body, at = single(value, path, "query")
    handler = _HANDLERS.get(name)
    if handler is None:
        raise BadQuery(
            f"unknown query {name!r}; expected one of {', '.join(sorted(_HANDLERS))}", path
        )
    return handler(body, at, budget, depth)


def _reader(body: Any, path: str, budget: Budget, depth: int) -> Reader:
    return Reader.of(body, path, f"query {path.rsplit('.', 1)[-1]!r}", budget, depth)


def _common(reader: Reader) -> dict[str, Any]:
    reader.ignore("_name")
    boost = reader.number("boost", 1.0)
    if boost < 0:
        raise BadQuery(f"a boost is not negative, got {boost}", reader.at("boost"))
    return {"boost": float(boost), "path": reader.path}


def _clauses(reader: Reader, *names: str) -> tuple[Query, ...]:
    return tuple(
        parse_query(value, path, reader.budget, reader.depth + 1)
        for name in names
        for value, path in reader.list(name, None)
    )


def _one_field(
    body: Any, path: str, budget: Budget, depth: int, short: str, *others: str
) -> tuple[str, Reader]:
    """Read ``{field: value}`` or ``{field: {short: value, …}}``; options may stand beside."""
    reader = _reader(body, path, budget, depth)
    beside = {key: value for key, value in reader.value.items() if key in ("boost", "_name")}
    fields = {key: value for key, value in reader.value.items() if key not in beside}
    if len(fields) != 1:
        found = ", ".join(sorted(map(str, fields))) or "none"
        raise BadQuery(f"{reader.what}: expected exactly one field, got {found}", path)
    ((name, value),) = fields.items()
    if not isinstance(value, dict):
        value = {short: value}
    for other in others:  # Older names of the same thing.
        if other in value and short not in value:
            value = {short if key == other else key: item for key, item in value.items()}
    return name, Reader({**beside, **value}, f"{path}.{name}", reader.what, budget, depth)


def _match_all(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader({} if body is None else body, path, budget, depth)
    query = tree.MatchAll(**_common(reader))
    reader.finish()
    return query


def _match_none(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader({} if body is None else body, path, budget, depth)
    query = tree.MatchNone(**_common(reader))
    reader.finish()
    return query


def _term(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "value", "term")
    query = tree.Term(
        field=name,
        value=reader.scalar("value"),
        case_insensitive=reader.flag("case_insensitive"),
        **_common(reader),
    )
    reader.finish()
    return query


def _terms(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    common = _common(reader)
    reader.ignore("minimum_should_match", "execution")
    fields = [name for name in reader.value if name not in reader.taken]
    if len(fields) != 1:
        found = ", ".join(sorted(fields)) or "none"
        raise BadQuery(f"{reader.what}: expected exactly one field, got {found}", path)
    values = reader.value[fields[0]]
    if not isinstance(values, list):
        raise BadQuery(f"expected a list of values, got {shown(values)}", reader.at(fields[0]))
    budget.clause(path, depth, len(values))
    at = reader.at(fields[0])
    read = tuple(read_scalar(value, where) for value, where in iter_list(values, at))
    return tree.Terms(field=fields[0], values=read, **common)


def _range(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "gte")
    bounds = {key: reader.scalar(key, None) for key in ("gt", "gte", "lt", "lte")}
    lower, upper = reader.scalar("from", None), reader.scalar("to", None)
    include_lower, include_upper = (
        reader.flag("include_lower", True),
        reader.flag("include_upper", True),
    )
    if lower is not None:
        bounds["gte" if include_lower else "gt"] = lower
    if upper is not None:
        bounds["lte" if include_upper else "lt"] = upper
    reader.ignore("relation", "execution")
    query = tree.Range(
        field=name,
        **bounds,
        format=reader.text("format", None),
        time_zone=reader.text("time_zone", None),
        **_common(reader),
    )
    reader.finish()
    return query


def _exists(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    query = tree.Exists(field=reader.text("field"), **_common(reader))
    reader.finish()
    return query


def _missing(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    reader.ignore("existence", "null_value")
    common = _common(reader)
    absent = tree.Exists(field=reader.text("field"), path=path)
    reader.finish()
    return tree.Bool(must_not=(absent,), **common)


def _ids(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    reader.ignore("type")
    values = tuple(read_text(value, at) for value, at in reader.list("values", None))
    budget.clause(path, depth, len(values))
    query = tree.Ids(values=values, **_common(reader))
    reader.finish()
    return query


def _prefix(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "value", "prefix")
    reader.ignore(*_TUNING)
    query = tree.Prefix(
        field=name,
        value=_pattern(reader, "value"),
        case_insensitive=reader.flag("case_insensitive"),
        **_common(reader),
    )
    reader.finish()
    return query


def _wildcard(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "value", "wildcard")
    reader.ignore(*_TUNING)
    query = tree.Wildcard(
        field=name,
        value=_pattern(reader, "value"),
        case_insensitive=reader.flag("case_insensitive"),
        **_common(reader),
    )
    reader.finish()
    return query


def _regexp(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "value", "regexp")
    reader.ignore(*_TUNING, "max_determinized_states", "flags_value")
    query = tree.Regexp(
        field=name,
        value=reader.text("value"),
        flags=reader.text("flags", "ALL"),
        case_insensitive=reader.flag("case_insensitive"),
        **_common(reader),
    )
    reader.finish()
    check_regexp(query.value, query.flags, reader.at("value"), budget.limits)
    return query


def _pattern(reader: Reader, name: str) -> str:
    value: str = reader.text(name)
    longest = reader.budget.limits.regexp_length
    if len(value) > longest:
        raise BadQuery(
            f"a pattern has at most {longest} characters (kinto.search.max_regexp_length), "
            f"this one {len(value)}",
            reader.at(name),
        )
    return value


def _fuzzy(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "value")
    reader.ignore("rewrite", "max_expansions")
    query = tree.Fuzzy(
        field=name,
        value=_pattern(reader, "value"),
        fuzziness=_fuzziness(reader) or "AUTO",
        prefix_length=reader.integer("prefix_length", 0),
        transpositions=reader.flag("transpositions", True),
        **_common(reader),
    )
    reader.finish()
    return query


def _fuzziness(reader: Reader) -> str | None:
    value: str | None = reader.text("fuzziness", None)
    if value is None:
        return None
    known: str = value.upper() if value.upper().startswith("AUTO") else value.removesuffix(".0")
    if known not in ("0", "1", "2", "AUTO"):
        raise BadQuery(f"expected 0, 1, 2 or AUTO, got {shown(value)}", reader.at("fuzziness"))
    return known


def _bool(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    reader.ignore("disable_coord", "adjust_pure_negative")
    minimum = reader.scalar(
        "minimum_should_match", reader.scalar("minimum_number_should_match", None)
    )
    query = tree.Bool(
        must=_clauses(reader, "must"),
        filter=_clauses(reader, "filter"),
        should=_clauses(reader, "should"),
        must_not=_clauses(reader, "must_not", "mustNot"),
        minimum_should_match=check_minimum(minimum, reader.at("minimum_should_match")),
        **_common(reader),
    )
    reader.finish()
    return query


def check_minimum(value: Any, path: str) -> str | int | None:
    """Return a valid ``minimum_should_match``."""
    if value is not None:
        minimum_should_match(value, 1, path)
    return value if value is None or isinstance(value, (str, int)) else int(value)


def minimum_should_match(value: str | int, clauses: int, path: str) -> int:
    """Return how many of *clauses* have to match.

    ``3`` · ``-1`` all but one · ``75%`` rounded down · ``-25%`` all but those · ``2<75%`` all up to
    two clauses, 75% of more; several such conditions stand side by side.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return _at_least(int(value), clauses)
    text = str(value).strip()
    if "<" not in text:
        return _at_least(_parse_minimum(text, clauses, path), clauses)
    needed = clauses
    for condition in text.split():
        limit, _, then = condition.partition("<")
        if clauses <= _parse_minimum(limit, clauses, path):
            return needed
        needed = _at_least(_parse_minimum(then, clauses, path), clauses)
    return needed


def _at_least(number: int, clauses: int) -> int:
    return max(0, clauses + number if number < 0 else number)


def _parse_minimum(text: str, clauses: int, path: str) -> int:
    digits = text.removesuffix("%")
    if not digits.removeprefix("-").isdecimal() or len(digits) > 9:
        raise BadQuery(
            f"expected a number, a percentage or a condition such as '2<75%', got {shown(text)}",
            path,
        )
    number = int(digits)
    return int(clauses * number / 100) if text.endswith("%") else number


def _filtered(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    query = tree.Bool(
        must=_clauses(reader, "query"), filter=_clauses(reader, "filter"), **_common(reader)
    )
    reader.finish()
    return query


def _dis_max(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    reader.list("queries")
    query = tree.DisMax(
        queries=_clauses(reader, "queries"),
        tie_breaker=float(reader.number("tie_breaker", 0.0)),
        **_common(reader),
    )
    reader.finish()
    return query


def _constant_score(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    inner = reader.raw("filter", reader.raw("query"))
    if inner is None:
        raise BadQuery(f"{reader.what}: 'filter' is missing", path)
    query = tree.ConstantScore(
        filter=parse_query(inner, reader.at("filter"), budget, depth + 1), **_common(reader)
    )
    reader.finish()
    return query


def _boosting(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    for name in ("positive", "negative"):
        if not reader.has(name):
            raise BadQuery(f"{reader.what}: {name!r} is missing", path)
    negative_boost = float(reader.number("negative_boost"))
    if negative_boost < 0:
        raise BadQuery(f"not negative, got {negative_boost}", reader.at("negative_boost"))
    query = tree.Boosting(
        positive=parse_query(reader.raw("positive"), reader.at("positive"), budget, depth + 1),
        negative=parse_query(reader.raw("negative"), reader.at("negative"), budget, depth + 1),
        negative_boost=negative_boost,
        **_common(reader),
    )
    reader.finish()
    return query


def _match(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "query")
    kind = reader.text("type", "boolean")  # Elasticsearch 2's way to say match_phrase.
    if kind in ("phrase", "phrase_prefix"):
        return _phrase_from(name, reader, prefix=kind == "phrase_prefix")
    reader.ignore(*_TUNING, *_OBSOLETE, "analyzer")
    query = tree.Match(
        field=name,
        query=reader.scalar("query"),
        operator=reader.choice("operator", _OPERATORS, "or"),
        minimum_should_match=check_minimum(
            reader.scalar("minimum_should_match", None), reader.at("minimum_should_match")
        ),
        fuzziness=_fuzziness(reader),
        lenient=reader.flag("lenient"),
        zero_terms_query=reader.choice("zero_terms_query", ("none", "all"), "none"),
        **_common(reader),
    )
    reader.finish()
    return query


def _match_phrase(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "query")
    return _phrase_from(name, reader, prefix=False)


def _match_phrase_prefix(body: Any, path: str, budget: Budget, depth: int) -> Query:
    name, reader = _one_field(body, path, budget, depth, "query")
    return _phrase_from(name, reader, prefix=True)


def _phrase_from(name: str, reader: Reader, *, prefix: bool) -> Query:
    reader.ignore(*_TUNING, "analyzer", "zero_terms_query", "lenient", "operator", "type")
    query = tree.MatchPhrase(
        field=name,
        query=reader.scalar("query"),
        slop=reader.integer("slop", 0),
        prefix=prefix,
        **_common(reader),
    )
    reader.finish()
    return query


def _fields(reader: Reader, *names: str) -> tuple[tuple[str, float], ...]:
    """Read ``["name^2", "other*"]``; a single one and Elasticsearch 1's ``default_field`` too."""
    found: list[tuple[str, float]] = []
    for name in names:
        for value, path in reader.list(name, None):
            field, caret, boost = read_text(value, path).partition("^")
            weight = read_number(boost, path) if caret else 1.0
            if not field or weight < 0:
                raise BadQuery(f"expected a field, as 'name' or 'name^2', got {value!r}", path)
            found.append((field, float(weight)))
    reader.budget.clause(reader.path, reader.depth, len(found))
    return tuple(found)


def _multi_match(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body, path, budget, depth)
    reader.ignore(*_TUNING, *_OBSOLETE, "analyzer", "zero_terms_query")
    query = tree.MultiMatch(
        query=reader.scalar("query"),
        fields=_fields(reader, "fields"),
        type=reader.choice("type", _MATCH_TYPES, "best_fields"),
        operator=reader.choice("operator", _OPERATORS, "or"),
        minimum_should_match=check_minimum(
            reader.scalar("minimum_should_match", None), reader.at("minimum_should_match")
        ),
        fuzziness=_fuzziness(reader),
        tie_breaker=reader.number("tie_breaker", None),
        lenient=reader.flag("lenient"),
        slop=reader.integer("slop", 0),
        **_common(reader),
    )
    reader.finish()
    return query


def _query_string(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body if isinstance(body, dict) else {"query": body}, path, budget, depth)
    reader.ignore(*_TUNING, *_OBSOLETE, "analyzer")
    query = tree.QueryString(
        query=_query_text(reader),
        fields=_fields(reader, "fields", "default_field"),
        default_operator=reader.choice("default_operator", _OPERATORS, "or"),
        lenient=reader.flag("lenient", None),
        analyze_wildcard=reader.flag("analyze_wildcard"),
        allow_leading_wildcard=reader.flag("allow_leading_wildcard", True),
        minimum_should_match=check_minimum(
            reader.scalar("minimum_should_match", None), reader.at("minimum_should_match")
        ),
        phrase_slop=reader.integer("phrase_slop", 0),
        tie_breaker=reader.number("tie_breaker", None),
        type=reader.choice("type", _MATCH_TYPES, "best_fields"),
        **_common(reader),
    )
    reader.finish()
    return query


def _simple_query_string(body: Any, path: str, budget: Budget, depth: int) -> Query:
    reader = _reader(body if isinstance(body, dict) else {"query": body}, path, budget, depth)
    reader.ignore(*_TUNING, *_OBSOLETE, "analyzer")
    query = tree.SimpleQueryString(
        query=_query_text(reader),
        fields=_fields(reader, "fields"),
        default_operator=reader.choice("default_operator", _OPERATORS, "or"),
        flags=reader.text("flags", "ALL"),
        lenient=reader.flag("lenient", None),
        analyze_wildcard=reader.flag("analyze_wildcard"),
        minimum_should_match=check_minimum(
            reader.scalar("minimum_should_match", None), reader.at("minimum_should_match")
        ),
        **_common(reader),
    )
    reader.finish()
    return query


def _query_text(reader: Reader) -> str:
    text: str = reader.text("query")
    longest = 20 * reader.budget.limits.regexp_length
    if len(text) > longest:
        raise BadQuery(
            f"at most {longest} characters (20 times kinto.search.max_regexp_length), "
            f"got {len(text)}",
            reader.at("query"),
        )
    return text


Handler = Callable[[Any, str, Budget, int], Query]
_HANDLERS: dict[str, Handler] = {
    "bool": _bool,
    "boosting": _boosting,
    "constant_score": _constant_score,
    "dis_max": _dis_max,
    "exists": _exists,
    "filtered": _filtered,
    "fuzzy": _fuzzy,
    "ids": _ids,
    "match": _match,
    "match_all": _match_all,
    "match_none": _match_none,
    "match_phrase": _match_phrase,
    "match_phrase_prefix": _match_phrase_prefix,
    "missing": _missing,
    "multi_match": _multi_match,
    "prefix": _prefix,
    "query_string": _query_string,
    "range": _range,
    "regexp": _regexp,
    "simple_query_string": _simple_query_string,
    "term": _term,
    "terms": _terms,
    "wildcard": _wildcard,
}
QUERY_NAMES = tuple(_HANDLERS)
