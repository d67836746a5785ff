"""Addresses: of a file or a folder of the archive, of a changeset, of a page or a record here."""

import re
from collections.abc import Callable
from urllib.parse import unquote

from kinto_buildhub.catalog.search_state.clauses import any_of, equals_any, starts_with
from kinto_buildhub.catalog.search_state.meanings.identifiers import (
    build_id_meaning,
    record_id_meaning,
    revision_meaning,
)
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import ARCHIVE_URL, Vocabulary

URL = "download.url"
FILE = "File"

# Hosts differ: archive, CDN, mirrors. Paths do not, except that old ones began with mozilla.org.
_ARCHIVE = re.compile(r"(?:[a-z]+://)?[\w.:-]*?/*pub/(?:mozilla\.org/)?(?P<path>.*)", re.IGNORECASE)
_INSTALLER = re.compile(r"\.(?:exe|dmg|apk|tar\.[a-z0-9]+|msi|pkg|deb)$", re.IGNORECASE)
_OTHER_FILE = re.compile(r"\.[a-z][a-z0-9]*$", re.IGNORECASE)

Understand = Callable[[str, Vocabulary], Meaning | None]

# Parts of other addresses, each with what understands the text in it.
_PARTS: tuple[tuple[re.Pattern[str], Understand], ...] = (
    (re.compile(r"/(?:rev|commit|changeset)/([0-9a-fA-F]{7,40})\b"), revision_meaning),
    (re.compile(r"[?&](?:changeset|revision|node)=([0-9a-fA-F]{7,40})\b"), revision_meaning),
    (re.compile(r"/catalog/builds/([0-9]+)"), build_id_meaning),
    (re.compile(r"/records/([\w-]+)"), record_id_meaning),
)


def address_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand an address, or a path in the archive."""
    text = word.removeprefix("<").removesuffix(">")
    found = _ARCHIVE.fullmatch(re.split("[?#]", text, maxsplit=1)[0])
    if found is not None:
        return _archive_meaning(unquote(found["path"]), vocabulary)
    if "/" not in text:
        return None
    for pattern, understand in _PARTS:
        part = pattern.search(text)
        if part is not None:
            return understand(part[1], vocabulary)
    return None


def _archive_meaning(path: str, vocabulary: Vocabulary) -> Meaning:
    roots = list(dict.fromkeys((vocabulary.archive_url, ARCHIVE_URL)))
    path = f"pub/{path}"
    if _INSTALLER.search(path):
        clause = equals_any(URL, [root + path for root in roots])
        return Meaning(FILE, path, clause, URL)
    # Checksums, logs and the like lie beside the builds that they are about.
    folder, _, name = path.rpartition("/")
    if not _OTHER_FILE.search(name):
        folder = path.rstrip("/")
    clause = any_of([starts_with(URL, f"{root}{folder}/") for root in roots])
    return Meaning("Folder", f"{folder}/", clause, URL)
