"""Suggesters. They are checked, and return no suggestions."""

from typing import Any

from kinto_buildhub.search.errors import BadQuery
from kinto_buildhub.search.language.json_values import read_text, shown
from kinto_buildhub.search.language.reader import Reader

_SHARED = ("analyzer", "shard_size", "size")
_OPTIONS = {
    "completion": ("contexts", "fuzzy", "skip_duplicates"),
    "phrase": (
        *("collate", "confidence", "direct_generator", "force_unigrams", "gram_size"),
        *("highlight", "max_errors", "real_word_error_likelihood", "separator", "smoothing"),
        "token_limit",
    ),
    "term": (
        *("accuracy", "max_edits", "max_inspections", "max_term_freq", "min_doc_freq"),
        *("min_word_length", "prefix_length", "sort", "string_distance", "suggest_mode"),
    ),
}
_TEXTS = ("text", "prefix", "regex")


def parse_suggest(reader: Reader) -> tuple[tuple[str, str], ...]:
    """Take ``suggest``; return the name and the text of each suggester.

    Raises:
        BadQuery: a suggester is not one of Elasticsearch's.
    """
    shared: str | None = None
    found: list[tuple[str, str | None]] = []
    for name, body, path in reader.objects("suggest"):
        if name == "text":
            shared = read_text(body, path)
        else:
            found.append((name, _text(Reader.of(body, path, f"suggest {name!r}", reader.budget))))
    for name, text in found:
        if text is None and shared is None:
            raise BadQuery(f"suggest {name!r}: 'text' is missing", reader.at(f"suggest.{name}"))
    return tuple((name, text if text is not None else str(shared)) for name, text in found)


def _text(reader: Reader) -> str | None:
    """Check one suggester; return its text, None if it is that of all."""
    texts: list[Any] = [reader.text(name, None) for name in _TEXTS]
    kinds = sorted(reader.value.keys() - set(_TEXTS))
    if len(kinds) != 1 or kinds[0] not in _OPTIONS:
        found = ", ".join(kinds) or "none"
        raise BadQuery(
            f"{reader.what}: expected one of {', '.join(_OPTIONS)}, got {found}", reader.path
        )
    (kind,) = kinds
    body = reader.raw(kind)
    if not isinstance(body, dict):
        raise BadQuery(f"expected an object, got {shown(body)}", reader.at(kind))
    inner = Reader.of(body, reader.at(kind), f"suggester {kind!r}", reader.budget)
    inner.text("field")
    inner.ignore(*_SHARED, *_OPTIONS[kind])
    inner.finish()
    return next((text for text in texts if text is not None), None)
