"""The fields of a record, each defined once."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from buildhub_schema.products import PRODUCT_NAMES


class Kind(Enum):
    """The type of a field, which decides how its values compare."""

    KEYWORD = "keyword"
    """Text, compared as a whole, exactly as written: ``56.10`` is not ``56.1``."""
    DATE = "date"
    """Date and time, as RFC 3339 text in UTC, which sorts in order of time."""
    LONG = "long"
    """An integer."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a record.

    Attributes:
        name: dotted path in the record, as in a filter: ``target.version``.
        kind: type of its value.
        help: what it means, for the reference page, in inline reStructuredText.
        required: a record without it is refused.
        facet: users filter by it; it has few distinct values, or search aggregates over it.
        sortable: users sort by it and query ranges of it, so the database has an index.
        version: its value is a version; its sub-field ``order`` sorts and ranges by version.
        published: the date that ``date_range=N`` applies to. One field has it.
        unit: of a number, else "".
        choices: the only values allowed; empty means any.
    """

    name: str
    kind: Kind
    help: str
    required: bool = False
    facet: bool = False
    sortable: bool = False
    version: bool = False
    published: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()

    @property
    def leaf(self) -> str:
        """Name inside its group: ``version`` of ``target.version``."""
        return self.name.split(".", 1)[1]


KEYWORD, DATE, LONG = Kind.KEYWORD, Kind.DATE, Kind.LONG

FIELDS: tuple[Field, ...] = (
    Field(
        "source.product",
        KEYWORD,
        "What was built.",
        required=True,
        facet=True,
        choices=PRODUCT_NAMES,
    ),
    Field("source.tree", KEYWORD, "Branch it was built from, such as ``releases/mozilla-beta``."),
    Field("source.revision", KEYWORD, "Changeset it was built from, 12 or 40 hexadecimal digits."),
    Field("source.repository", KEYWORD, "URL of the repository that contains the revision."),
    Field(
        "target.version",
        KEYWORD,
        "Version, such as ``53.0b9``; a candidate's ends in ``rcN``, where N is the build number.",
        required=True,
        facet=True,
        sortable=True,
        version=True,
    ),
    Field(
        "target.locale",
        KEYWORD,
        "Language of the build, such as ``pt-BR``; ``multi`` contains several.",
        required=True,
        facet=True,
    ),
    Field(
        "target.channel",
        KEYWORD,
        "Update channel: ``release``, ``beta``, ``aurora``, ``nightly``, ``esr``; Fennec's "
        "nightlies of 2017 have a second copy in ``nightly-old-id``.",
        required=True,
        facet=True,
    ),
    Field(
        "target.platform",
        KEYWORD,
        "Exact target, such as ``linux-x86_64`` or ``win64-aarch64``.",
        required=True,
        facet=True,
    ),
    Field(
        "target.os",
        KEYWORD,
        "Family of the platform.",
        facet=True,
        choices=("linux", "win", "mac", "android", "maemo"),
    ),
    Field(
        "target.candidate",
        LONG,
        "Number of a release candidate, from 1. Only builds in ``candidates/`` have it: they were "
        "staged, and most of them were never shipped. ``has_target.candidate=false`` leaves them "
        "out.",
        facet=True,
    ),
    Field(
        "build.id",
        KEYWORD,
        "Build ID, as in crash reports: the digits of date and time. Text, never a number.",
        sortable=True,
    ),
    Field("build.date", DATE, "The time in the build ID.", sortable=True),
    Field("build.number", LONG, "Which attempt at the release this is, from 1."),
    Field("build.as", KEYWORD, "Assembler."),
    Field("build.ld", KEYWORD, "Linker."),
    Field("build.cc", KEYWORD, "C compiler, with its options."),
    Field("build.cxx", KEYWORD, "C++ compiler, with its options."),
    Field("build.host", KEYWORD, "Machine that built it, as a target triplet."),
    Field("build.target", KEYWORD, "Machine it was built for, as a target triplet."),
    Field("download.url", KEYWORD, "URL of the file; spaces in it are not encoded.", required=True),
    Field("download.size", LONG, "Size of the file.", required=True, sortable=True, unit="bytes"),
    Field(
        "download.mimetype", KEYWORD, "Media type, derived from the file extension.", required=True
    ),
    Field(
        "download.date",
        DATE,
        "When the archive's copy was written. Files from before October 2015 have the date when "
        "the archive was moved; use ``build.date`` for their age.",
        required=True,
        sortable=True,
        published=True,
    ),
)


def iter_groups(fields: tuple[Field, ...] = FIELDS) -> Iterator[tuple[str, list[Field]]]:
    """Yield each top-level object of a record with its fields, in the table's order."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.name.split(".", 1)[0], []).append(field)
    yield from groups.items()
