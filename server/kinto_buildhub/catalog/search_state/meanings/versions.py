"""Versions: ``53.0b9`` is that one; ``54`` and ``52esr`` are all that begin or end so."""

import re

from kinto_buildhub.catalog.search_state.clauses import equals, literal, matches_pattern
from kinto_buildhub.catalog.search_state.terms import Meaning
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

FIELD = "target.version"

_VERSION = re.compile(
    r"v?(?P<numbers>[0-9]{1,3}(?:\.[0-9]{1,3}){0,3})"
    r"(?:(?P<step>a|b|rc|pre|plugin|esr)(?P<rest>[0-9]*(?:pre|rc[0-9]+)?))?"
    r"(?P<end>(?:\.(?:\*|x)?|\*)?)",
    re.IGNORECASE,
)


# As the archive's early file names spell it: 3.6 Beta 1.
_SPELLED = re.compile(r"(?P<numbers>v?[0-9.]+) (?P<step>beta|rc) (?P<rest>[0-9]+)", re.IGNORECASE)
_STEPS = {"beta": "b", "rc": "rc"}


def is_spelled_version(text: str) -> bool:
    """Return whether words that follow each other are one version."""
    return _SPELLED.fullmatch(text) is not None


def version_meaning(word: str, vocabulary: Vocabulary) -> Meaning | None:
    """Understand a version, or the part that several begin with."""
    if spelled := _SPELLED.fullmatch(word):
        word = f"{spelled['numbers']}{_STEPS[spelled['step'].lower()]}{spelled['rest']}"
    known = vocabulary.find("version", word)
    if known is not None:
        return _exactly(known)
    found = _VERSION.fullmatch(word)
    if found is None:
        return None
    numbers, step, rest, end = (part.lower() for part in found.groups(""))
    if step == "esr" and not rest and not end:
        return _of_esr(numbers, vocabulary)
    if step and "." not in numbers:
        numbers += ".0"  # People write 53b9.
    text = numbers + step + rest
    known = vocabulary.find("version", text)
    if known is not None and not end:
        return _exactly(known)
    is_part = bool(end) or "." not in numbers or (step and not rest)
    if is_part or any(_continues(version, text) for version in vocabulary.values("version")):
        return _beginning(text)
    return _exactly(text)


def _exactly(version: str) -> Meaning:
    return Meaning("Version", version, equals(FIELD, version), group=FIELD)


def _beginning(text: str) -> Meaning:
    """Return the versions that begin with the text, where a number must be whole: 56, not 560."""
    after = "([^0-9].*)?" if text[-1].isdigit() else ".*"
    shown = f"{text}.*" if text.isdecimal() else f"{text}*"
    return Meaning("Version", shown, matches_pattern(FIELD, literal(text) + after), group=FIELD)


def _of_esr(numbers: str, vocabulary: Vocabulary) -> Meaning:
    known = vocabulary.find("version", f"{numbers}esr")
    if known is not None:
        return _exactly(known)
    pattern = literal(numbers) + r"(\.[0-9]+)*esr(rc.*)?"
    return Meaning("Version", f"{numbers}.*esr", matches_pattern(FIELD, pattern), group=FIELD)


def _continues(version: str, text: str) -> bool:
    rest = version[len(text) :] if version.startswith(text) else ""
    return bool(rest) and not rest[0].isdigit()
