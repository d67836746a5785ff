"""Options that several query clauses have."""

import re

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.json_values import read_number, read_text, shown
from kinto_buildhub.search.language.own_fields import check_searched
from kinto_buildhub.search.language.reader import Reader

_SAME_SCORES = ("constant_score", "constant_score_boolean", "constant_score_blended")


def read_rewrite(reader: Reader, name: str = "rewrite") -> None:
    """Take how the terms of a pattern are scored: all alike, as here."""
    reader.only(name, *_SAME_SCORES)


def refuse_expansion(reader: Reader) -> None:
    """Refuse the options that cut off terms that match, and analyzers of the query's own."""
    reader.refuse("max_expansions", why="all terms that match count")
    reader.refuse("analyzer", why="a text is analyzed as its field is")


def read_pattern(reader: Reader, name: str) -> str:
    """Take text whose length is limited, as patterns may be expensive."""
    value: str = reader.text(name)
    longest = reader.budget.limits.regexp_length
    if len(value) > longest:
        raise BadQuery(
            f"a pattern has at most {longest} characters (kinto.search.max_regexp_length), "
            f"got {len(value)}",
            reader.at(name),
        )
    return value


def read_fuzziness(reader: Reader) -> str | None:
    """Take ``fuzziness``: the number of edits, ``AUTO``, or ``AUTO:4,8``; None if it is absent."""
    value: str | None = reader.text("fuzziness", None)
    if value is None:
        return None
    known: str = value.upper() if value.upper().startswith("AUTO") else value.removesuffix(".0")
    if known not in ("0", "1", "2", "AUTO") and not _has_lengths(known):
        raise BadQuery(
            f"expected 0, 1, 2, AUTO, or AUTO:low,high with low up to high, got {shown(value)}",
            reader.at("fuzziness"),
        )
    return known


def _has_lengths(fuzziness: str) -> bool:
    """Return whether it is ``AUTO:low,high``: from which lengths one edit is allowed, and two."""
    found = re.fullmatch(r"AUTO:([0-9]{1,4}),([0-9]{1,4})", fuzziness)
    return found is not None and int(found[1]) <= int(found[2])


def read_weighted_fields(reader: Reader, *names: str) -> tuple[tuple[str, float], ...]:
    """Take ``["name^2", "other*"]``, or a single one, as pairs of a pattern and its boost."""
    found: list[tuple[str, float]] = []
    for name in names:
        for value, path in reader.list(name, None):
            field, caret, boost = read_text(value, path).partition("^")
            weight = read_number(boost, path) if caret else 1.0
            if not field or weight < 0:
                raise BadQuery(f"expected a field, as 'name' or 'name^2', got {value!r}", path)
            found.append((check_searched(field, path), float(weight)))
    reader.budget.count_clauses(reader.path, reader.depth, len(found))
    return tuple(found)
