"""Which function compiles which query: a row each. Queries that are not listed are expanded."""

from collections.abc import Mapping

from kinto_buildhub.search.embedded.queries import compound, full_text, ranges, term_level
from kinto_buildhub.search.embedded.queries.compiler import Compiler, Handler
from kinto_buildhub.search.embedded.queries.costs import Costs
from kinto_buildhub.search.embedded.schema import Fields
from kinto_buildhub.search.language import tree

HANDLERS: Mapping[type[tree.Query], Handler] = {
    tree.Bool: compound.bool_query,
    tree.Boosting: compound.boosting_query,
    tree.ConstantScore: compound.constant_score_query,
    tree.CrossFields: full_text.cross_fields_query,
    tree.DisMax: compound.dis_max_query,
    tree.Exists: term_level.exists_query,
    tree.Fuzzy: term_level.fuzzy_query,
    tree.Ids: term_level.ids_query,
    tree.Match: full_text.match_query,
    tree.MatchAll: compound.match_all_query,
    tree.MatchNone: compound.match_none_query,
    tree.MatchPhrase: full_text.match_phrase_query,
    tree.Prefix: term_level.prefix_query,
    tree.Range: ranges.range_query,
    tree.Regexp: term_level.regexp_query,
    tree.Term: term_level.term_query,
    tree.Terms: term_level.terms_query,
    tree.Wildcard: term_level.wildcard_query,
}


def make_compiler(fields: Fields, now_ms: int, costs: Costs, *, scored: bool = True) -> Compiler:
    """Return a compiler with all handlers; see `Compiler` for the arguments."""
    return Compiler(fields, now_ms, scored, HANDLERS, costs)
