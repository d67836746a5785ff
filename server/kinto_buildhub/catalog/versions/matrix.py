"""The matrix of a version: a row for each locale, a column for each platform."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from kinto_buildhub.catalog.versions.expected import Gap


@dataclass(frozen=True, slots=True)
class Cell:
    """What is there for one platform and locale.

    Attributes:
        count: number of records.
        record_id: of the only one; None if there are none or several.
        authority: why one is expected, if none is there; None if none is expected either.
    """

    platform: str
    count: int
    record_id: str | None
    authority: str | None


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of a locale, in the order of the platforms."""

    locale: str
    cells: tuple[Cell, ...]

    @property
    def has_gap(self) -> bool:
        """Return whether something is missing."""
        return any(cell.authority is not None for cell in self.cells)


def make_matrix(
    platforms: Sequence[str],
    counts: Mapping[tuple[str, str], int],
    record_ids: Mapping[tuple[str, str], str],
    gaps: Iterable[Gap],
) -> tuple[Row, ...]:
    """Return the rows of all locales that exist or are missing, in alphabetical order.

    Args:
        platforms: the columns.
        counts, record_ids: by platform and locale.
        gaps: what is missing.
    """
    missing = {(gap.platform, gap.locale): gap.authority for gap in gaps}
    locales = sorted({locale for _, locale in (*counts, *missing)})
    return tuple(
        Row(
            locale,
            tuple(
                Cell(
                    platform,
                    counts.get((platform, locale), 0),
                    record_ids.get((platform, locale)),
                    missing.get((platform, locale)),
                )
                for platform in platforms
            ),
        )
        for locale in locales
    )
