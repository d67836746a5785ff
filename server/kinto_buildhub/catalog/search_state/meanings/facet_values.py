"""Values of facets, however they are called: ``Firefox``, ``pt_br``, ``windows``, ``german``."""

from buildhub_schema.products import PRODUCT_NAMES

from kinto_buildhub.catalog.columns import FACETS, FACETS_BY_NAME, Facet
from kinto_buildhub.catalog.search_state.clauses import (
    all_of,
    equals,
    equals_any,
    matches_pattern,
)
from kinto_buildhub.catalog.search_state.meanings.synonyms import (
    OF_ARCHITECTURES,
    OF_LANGUAGES,
    OF_VALUES,
)
from kinto_buildhub.catalog.search_state.meanings.versions import version_meaning
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary


def value_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a value that occurs in the catalogue, or another name of it."""
    for facet in FACETS:
        found = meaning_in_facet(facet, word, vocabulary)
        if found is not None:
            return found
    return None


def meaning_in_facet(facet: Facet, word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a word that is about one facet."""
    value = vocabulary.find(facet.name, word)
    if value is not None:
        return Meaning(facet.label, value, equals(facet.field, value), facet.field)
    name, value = OF_VALUES.get(word.casefold(), ("", ""))
    if name == facet.name:
        return Meaning(facet.label, value, equals(facet.field, value), facet.field)
    if facet.name == "platform" and (known := OF_ARCHITECTURES.get(word.casefold())):
        shown, pattern = known
        # Not in the platforms' group: "win64 32-bit" is nothing, rather than both.
        return Meaning(facet.label, shown, matches_pattern(facet.field, pattern))
    if facet.name == "locale":
        return _language(facet, word, vocabulary)
    return None


def _language(facet: Facet, word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a language as all its locales: ``en`` and ``English`` as en-US, en-GB …"""
    code = OF_LANGUAGES.get(word.casefold(), word)
    if not 2 <= len(code) <= 3:
        return None
    locales = vocabulary.locales_of(code)
    if not locales:
        return None
    shown = locales[0] if len(locales) == 1 else f"{code.lower()} ({len(locales)} locales)"
    return Meaning(facet.label, shown, equals_any(facet.field, locales), facet.field)


def product_version_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand ``firefox-53.0`` and ``Firefox/53.0``, as other services write it."""
    name, _, version = word.replace("/", "-").partition("-")
    product = vocabulary.find("product", name) or name.lower()
    about = version_meaning(version, vocabulary)
    if about is None or product not in {*PRODUCT_NAMES, *vocabulary.values("product")}:
        return None
    field = FACETS_BY_NAME["product"].field
    clause = all_of([equals(field, product), about.clause])
    return Meaning("Product and version", f"{product} {about.value}", clause)
