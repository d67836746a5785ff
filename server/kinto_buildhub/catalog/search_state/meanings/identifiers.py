"""Build IDs, revisions and record IDs."""

import re

from buildhub_schema.products import PRODUCT_NAMES
from buildhub_schema.text.revisions import LONG, SHORT, shorten

from kinto_buildhub.catalog.search_state.clauses import any_of, equals, starts_with
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

BUILD_ID, REVISION, RECORD_ID = "build.id", "source.revision", "id"

# The digits of a date and a time. Those of old have neither minutes nor seconds.
_DATED = re.compile(r"(?:199[89]|20[0-9]{2})(?:0[1-9]|1[0-2])(?:[0-3][0-9]){0,1}[0-9]{0,6}")
_WHOLE_BUILD_ID = 14
# The name of a nightly's folder: 2017-05-03-03-02-12-mozilla-central.
_FOLDER = re.compile(r"(?P<digits>20[0-9]{2}(?:-[0-9]{2}){3,5})(?:-[a-z][\w-]*)?")

_HEXADECIMAL = re.compile(r"[0-9a-f]{7,40}")
_RECORD_ID = re.compile(r"[a-z-]+_[a-z0-9_-]*")
_ATTEMPT = re.compile(r"build(?P<number>[1-9][0-9]?)")


def build_id_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a build ID, or the date that it begins with."""
    del vocabulary
    return folder_meaning(word) or _meaning_of_digits(word)


def folder_meaning(word: str) -> Meaning | None:
    """Understand the name of a nightly's folder."""
    folder = _FOLDER.fullmatch(word)
    return _meaning_of_digits(folder["digits"].replace("-", "")) if folder else None


def _meaning_of_digits(digits: str) -> Meaning | None:
    if not digits.isascii() or not digits.isdecimal():
        return None
    if len(digits) == _WHOLE_BUILD_ID:
        return Meaning("Build ID", digits, equals(BUILD_ID, digits), BUILD_ID)
    if len(digits) in (6, 8, 10, 12) and _DATED.fullmatch(digits):
        return Meaning("Build ID", f"{digits}…", starts_with(BUILD_ID, digits), BUILD_ID)
    return None


def revision_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a revision of 12 or 40 digits, or the 7 or more that it begins with."""
    del vocabulary
    digits = word.lower()
    if not _HEXADECIMAL.fullmatch(digits):
        return None
    # A short text of letters only is rather a word: defaced.
    if len(digits) < SHORT and not any(each.isdecimal() for each in digits):
        return None
    clauses = [starts_with(REVISION, digits)]
    if len(digits) > SHORT:
        clauses.append(equals(REVISION, shorten(digits)))
    shown = digits if len(digits) in (SHORT, LONG) else f"{digits}…"
    return Meaning("Revision", shown, any_of(clauses), REVISION)


def record_id_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a record ID, or what several begin with."""
    text = word.lower()
    product = text.partition("_")[0]
    is_id = _RECORD_ID.fullmatch(text) and (
        product in PRODUCT_NAMES or product in vocabulary.values("product")
    )
    if not is_id:
        return None
    # Earlier catalogues had the channel in the IDs of ESR builds.
    text = re.sub(r"^([a-z-]+)_esr_(?=[^_]*esr)", r"\1_", text)
    if vocabulary.find("locale", text.rpartition("_")[2]) is not None:
        return Meaning("Record ID", text, equals(RECORD_ID, text), RECORD_ID)
    return Meaning("Record ID", f"{text}…", starts_with(RECORD_ID, text), RECORD_ID)


def attempt_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand ``build2``, the archive's name for the second attempt at a release."""
    del vocabulary
    found = _ATTEMPT.fullmatch(word.lower())
    if found is None:
        return None
    number = int(found["number"])
    return Meaning("Build number", str(number), equals("build.number", number), "build.number")
