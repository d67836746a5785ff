"""The values that occur in the catalogue: with them the text in the box is understood."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType

ARCHIVE_URL = "https://archive.mozilla.org/"

_NOTHING: Mapping[str, int] = MappingProxyType({})


@dataclass(frozen=True)
class Vocabulary:
    """What the catalogue contains.

    Attributes:
        counts: the values of each facet with their number of builds, most first, by its name.
        archive_url: root of the archive in the records, ``/`` at the end.
    """

    counts: Mapping[str, Mapping[str, int]] = field(default_factory=lambda: MappingProxyType({}))
    archive_url: str = ARCHIVE_URL

    def values(self, facet: str) -> Mapping[str, int]:
        """Return the values of a facet with their counts."""
        return self.counts.get(facet, _NOTHING)

    def find(self, facet: str, text: str) -> str | None:
        """Return the value that is spelt so in upper or lower case, with ``_`` or ``-``."""
        return self._folded.get(facet, {}).get(fold(text))

    def locales_of(self, language: str) -> Sequence[str]:
        """Return the locales of a language, given by its code: those of ``pt``, ``pt-BR``."""
        return self._locales.get(fold(language), ())

    @cached_property
    def _locales(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for locale in self.values("locale"):
            found.setdefault(fold(locale).partition("-")[0], []).append(locale)
        return found

    @cached_property
    def _folded(self) -> dict[str, dict[str, str]]:
        return {
            facet: {fold(value): value for value in reversed(list(counts))}
            for facet, counts in self.counts.items()
        }


def fold(text: str) -> str:
    """Return the text as it is compared: in lower case, with dashes only."""
    return text.casefold().replace("_", "-")
