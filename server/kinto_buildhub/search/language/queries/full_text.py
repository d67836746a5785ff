"""Full-text queries: those that analyze a text as the field was analyzed."""

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.dates.options import read_time_zone
from kinto_buildhub.search.language.queries.minimum_should_match import read_minimum
from kinto_buildhub.search.language.queries.options import (
    read_fuzziness,
    read_rewrite,
    read_weighted_fields,
    refuse_expansion,
)
from kinto_buildhub.search.language.queries.revisions import in_both_lengths
from kinto_buildhub.search.language.reader import Reader
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

# Options that a `multi_match` of a type does not have.
_NOT_OF_TYPE = {
    "cross_fields": ("fuzziness",),
    "phrase": ("fuzziness",),
    "phrase_prefix": ("fuzziness",),
    "bool_prefix": ("slop", "cutoff_frequency"),
}

# Elasticsearch no longer has these options. Old programs that send them go on working.
_OBSOLETE = (
    "auto_generate_phrase_queries",
    "cutoff_frequency",
    "disable_coord",
    "locale",
    "lowercase_expanded_terms",
    "split_on_whitespace",
    "use_dis_max",
)


def read_match_all(reader: Reader) -> Query:
    """``{}``."""
    return tree.MatchAll(path=reader.path)


def read_match_none(reader: Reader) -> Query:
    """``{}``."""
    return tree.MatchNone(path=reader.path)


def read_match(reader: Reader, field: str) -> Query:
    """``{field: text}``; ``type`` was how Elasticsearch 2 spelt ``match_phrase``."""
    kind = reader.text("type", "boolean")
    if kind in ("phrase", "phrase_prefix"):
        reader.ignore("operator", "lenient")
        return _phrase(reader, field, prefix=kind == "phrase_prefix")
    reader.ignore("cutoff_frequency", "type")
    _read_word_options(reader)
    match = tree.Match(
        field=field,
        query=reader.scalar("query"),
        operator=reader.choice("operator", _OPERATORS, "or"),
        minimum_should_match=read_minimum(reader),
        fuzziness=read_fuzziness(reader),
        lenient=reader.flag("lenient"),
        zero_terms_query=_zero_terms(reader),
        prefix_length=reader.integer("prefix_length", 0),
        transpositions=reader.flag("fuzzy_transpositions", True),
        path=reader.path,
    )
    return in_both_lengths(match)


def _read_word_options(reader: Reader) -> None:
    """Take the options that all queries on words have, and that need no support."""
    refuse_expansion(reader)
    reader.ignore("auto_generate_synonyms_phrase_query")  # There are no synonyms.
    read_rewrite(reader, "fuzzy_rewrite")


def read_match_phrase(reader: Reader, field: str) -> Query:
    """``{field: text}``."""
    return _phrase(reader, field, prefix=False)


def read_match_phrase_prefix(reader: Reader, field: str) -> Query:
    """``{field: text}``."""
    return _phrase(reader, field, prefix=True)


def _phrase(reader: Reader, field: str, *, prefix: bool) -> Query:
    refuse_expansion(reader)
    phrase = tree.MatchPhrase(
        field=field,
        query=reader.scalar("query"),
        slop=reader.integer("slop", 0),
        prefix=prefix,
        zero_terms_query=_zero_terms(reader),
        path=reader.path,
    )
    return in_both_lengths(phrase)


def _zero_terms(reader: Reader) -> tree.ZeroTerms:
    found: tree.ZeroTerms = reader.choice("zero_terms_query", ("none", "all"), "none")
    return found


def _tie_breaker(reader: Reader) -> float | None:
    value = reader.number("tie_breaker", None, least=0, most=1)
    return None if value is None else float(value)


def read_multi_match(reader: Reader) -> Query:
    """``query`` and ``fields``."""
    _refuse_what_the_type_has_not(reader)
    reader.ignore("cutoff_frequency", "use_dis_max")
    _read_word_options(reader)
    return tree.MultiMatch(
        query=reader.scalar("query"),
        fields=read_weighted_fields(reader, "fields"),
        type=reader.choice("type", _MATCH_TYPES, "best_fields"),
        operator=reader.choice("operator", _OPERATORS, "or"),
        minimum_should_match=read_minimum(reader),
        fuzziness=read_fuzziness(reader),
        tie_breaker=_tie_breaker(reader),
        lenient=reader.flag("lenient"),
        slop=reader.integer("slop", 0),
        zero_terms_query=_zero_terms(reader),
        prefix_length=reader.integer("prefix_length", 0),
        transpositions=reader.flag("fuzzy_transpositions", True),
        path=reader.path,
    )


def _refuse_what_the_type_has_not(reader: Reader) -> None:
    kind = reader.choice("type", _MATCH_TYPES, "best_fields")
    reader.refuse(*_NOT_OF_TYPE.get(kind, ()), why=f"type {kind!r} does not have it")


def read_query_string(reader: Reader) -> Query:
    """``query``, in Lucene's syntax."""
    reader.ignore(*_OBSOLETE, "max_determinized_states")
    _read_word_options(reader)
    _read_fuzzy_words(reader)
    reader.only("fuzziness", "AUTO")
    reader.only("type", "best_fields")
    reader.only("escape", False)
    reader.only("enable_position_increments", True)
    reader.refuse("quote_analyzer", why="a text is analyzed as its field is")
    read_rewrite(reader)
    return tree.QueryString(
        query=_typed_text(reader),
        fields=read_weighted_fields(reader, "fields", "default_field"),
        default_operator=reader.choice("default_operator", _OPERATORS, "or"),
        lenient=reader.flag("lenient", None),
        analyze_wildcard=reader.flag("analyze_wildcard"),
        allow_leading_wildcard=reader.flag("allow_leading_wildcard", True),
        minimum_should_match=read_minimum(reader),
        phrase_slop=reader.integer("phrase_slop", 0),
        tie_breaker=_tie_breaker(reader),
        time_zone=read_time_zone(reader),
        path=reader.path,
    )


def _read_fuzzy_words(reader: Reader) -> None:
    """Take what Elasticsearch has for the fuzzy words of query strings."""
    reader.only("fuzzy_max_expansions", 50)
    reader.only("fuzzy_prefix_length", 0)
    reader.only("fuzzy_transpositions", True)
    reader.refuse("quote_field_suffix", why="phrases are sought in the same fields")


def read_simple_query_string(reader: Reader) -> Query:
    """``query``, in the simple syntax."""
    reader.ignore(*_OBSOLETE)
    _read_word_options(reader)
    _read_fuzzy_words(reader)
    return tree.SimpleQueryString(
        query=_typed_text(reader),
        fields=read_weighted_fields(reader, "fields"),
        default_operator=reader.choice("default_operator", _OPERATORS, "or"),
        flags=reader.text("flags", "ALL"),
        lenient=reader.flag("lenient", None),
        analyze_wildcard=reader.flag("analyze_wildcard"),
        minimum_should_match=read_minimum(reader),
        path=reader.path,
    )


def _typed_text(reader: Reader) -> str:
    text: str = reader.text("query")
    longest = 20 * reader.budget.limits.regexp_length
    if len(text) > longest:
        raise BadQuery(
            f"at most {longest} characters (20 times kinto.search.max_regexp_length), "
            f"got {len(text)}",
            reader.at("query"),
        )
    return text
