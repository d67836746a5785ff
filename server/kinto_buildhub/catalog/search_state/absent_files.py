"""What the folders of a pasted file say about it, where the catalogue has no such file.

They are read as the box reads words. Which record a file belongs to, and by which rule it may be
left out, the jobs know: ``buildhub record``.
"""

import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from buildhub_schema.products import find_product

from kinto_buildhub.catalog.columns import FACETS_BY_NAME
from kinto_buildhub.catalog.search_state.clauses import equals
from kinto_buildhub.catalog.search_state.meanings.addresses import FILE
from kinto_buildhub.catalog.search_state.meanings.facet_values import meaning_in_facet
from kinto_buildhub.catalog.search_state.meanings.identifiers import (
    attempt_meaning,
    folder_meaning,
)
from kinto_buildhub.catalog.search_state.meanings.versions import version_meaning
from kinto_buildhub.catalog.search_state.state import SearchState
from kinto_buildhub.catalog.search_state.terms import Meaning, Term
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

# In the folder of a product.
_DEEP = re.compile("pub/[^/]+/")
_CANDIDATES = "-candidates"
_PRODUCT = FACETS_BY_NAME["product"]
_FACETS = tuple(FACETS_BY_NAME[name] for name in ("platform", "os", "locale"))


@dataclass(frozen=True, slots=True)
class AbsentFile:
    """A file of the archive that was asked for by its address.

    Attributes:
        path: from ``pub/``.
        product: that its folder is of, or the folder's own name if no product is known by it.
        meanings: what the folders say, the product first.
        search: the search for builds of which the same is true.
    """

    path: str
    product: str
    meanings: tuple[Meaning, ...]
    search: SearchState

    @property
    def command(self) -> str:
        """The command that says what the jobs make of it."""
        return f"buildhub record {shlex.quote(self.path)}"


def read_files(terms: Sequence[Term], vocabulary: Vocabulary) -> tuple[AbsentFile, ...]:
    """Return the files that the terms of a box ask for, as their folders describe them."""
    return tuple(
        _read(term.value, vocabulary)
        for term in terms
        if term.label == FILE and not term.is_excluded and _DEEP.match(term.value)
    )


def _read(path: str, vocabulary: Vocabulary) -> AbsentFile:
    known = find_product(path)
    folder = known.archive_path if known else "/".join(path.split("/", 2)[:2]) + "/"
    product = known.name if known else path.split("/", 2)[1]
    folders = path.removeprefix(folder).split("/")[:-1]
    about = Meaning(_PRODUCT.label, product, equals(_PRODUCT.field, product))
    found = {meaning.label: (word, meaning) for word, meaning in _of_folders(folders, vocabulary)}
    return AbsentFile(
        path=path,
        product=product,
        meanings=(about, *(meaning for _, meaning in found.values())),
        search=SearchState(" ".join((product, *(word for word, _ in found.values())))),
    )


def _of_folders(folders: Sequence[str], vocabulary: Vocabulary) -> Iterator[tuple[str, Meaning]]:
    for folder in folders:
        word = folder.removesuffix(_CANDIDATES)
        meaning = _of_folder(word, vocabulary)
        if meaning is not None:
            yield word, meaning


def _of_folder(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a folder's name. Of a month's, 05, no version is made."""
    if "." in word and (version := version_meaning(word, vocabulary)):
        return version
    if named := folder_meaning(word) or attempt_meaning(word, vocabulary):
        return named
    found = (meaning_in_facet(facet, word, vocabulary) for facet in _FACETS)
    return next((meaning for meaning in found if meaning is not None), None)
