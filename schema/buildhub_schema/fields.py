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
        inferred: the rule that its value follows from, in the same form; "" if it is as the
            archive or the build's metadata has it.
        required: a record without it is refused.
        facet: users filter by it; it has few distinct values, or search aggregates over it.
        sortable: users sort by it and query ranges of it, so the database has an index.
        version: its value is a version; its sub-field ``order`` sorts and ranges by version.
        published: the date that ``date_range=N`` applies to. One field has it.
        from_some_sources: only some sources of a job know it, such as a listing of the bucket, so
            records from others lack it, and audits do not compare it.
        unit: of a number, else "".
        choices: the only values allowed; empty means any.
    """

    name: str
    kind: Kind
    help: str
    inferred: str = ""
    required: bool = False
    facet: bool = False
    sortable: bool = False
    version: bool = False
    published: bool = False
    from_some_sources: bool = False
    unit: str = ""
    choices: tuple[str, ...] = ()

    @property
    def leaf(self) -> str:
        """Name inside its group: ``version`` of ``target.version``."""
        return self.name.split(".", 1)[1]


KEYWORD, DATE, LONG = Kind.KEYWORD, Kind.DATE, Kind.LONG

_METADATA_OF = (
    "From the English or multi-locale build of the platform; for a release, from that of its last "
    "candidate."
)

FIELDS: tuple[Field, ...] = (
    Field(
        "source.product",
        KEYWORD,
        "What was built.",
        "From the folder of the product; ``mobile`` is Fennec's, and Devedition's files are called "
        "Firefox. Klar shares the folder of Focus, so its file names tell it.",
        required=True,
        facet=True,
        choices=PRODUCT_NAMES,
    ),
    Field(
        "source.tree",
        KEYWORD,
        "Branch it was built from, such as ``releases/mozilla-beta``.",
        "What follows the host in ``source.repository``.",
    ),
    Field(
        "source.revision",
        KEYWORD,
        "Changeset it was built from, 12 or 40 hexadecimal digits.",
        _METADATA_OF,
    ),
    Field(
        "source.repository",
        KEYWORD,
        "URL of the repository that contains the revision.",
        "The repository of the branch in the path, where the metadata names a revision only.",
    ),
    Field(
        "source.hg_revision",
        KEYWORD,
        "The same changeset in Mercurial, 40 hexadecimal digits, where both are known.",
        "From a map between the two; the host in ``source.repository`` says which of them "
        "``source.revision`` is.",
        from_some_sources=True,
    ),
    Field(
        "source.git_revision",
        KEYWORD,
        "The same changeset in Git, 40 hexadecimal digits, where both are known.",
        "As ``source.hg_revision``.",
        from_some_sources=True,
    ),
    Field(
        "target.version",
        KEYWORD,
        "Version, such as ``53.0b9``; a candidate's ends in ``rcN``, where N is the build number.",
        "From the folder, or the file name of a nightly; for a candidate, ``rc`` and the number of "
        "its ``buildN`` folder are added.",
        required=True,
        facet=True,
        sortable=True,
        version=True,
    ),
    Field(
        "target.locale",
        KEYWORD,
        "Language of the build, such as ``pt-BR``; ``multi`` contains several or all.",
        "From the folder or the file name, in its canonical case.",
        required=True,
        facet=True,
    ),
    Field(
        "target.channel",
        KEYWORD,
        "Update channel: ``release``, ``beta``, ``aurora``, ``nightly``, ``esr``; Fennec's "
        "nightlies of 2017 have a second copy in ``nightly-old-id``.",
        "From the metadata, if that names a channel. Otherwise ``nightly`` for nightlies; ``beta`` "
        "if the version contains a ``b`` (``aurora`` for Devedition); ``esr`` if it ends in that; "
        "otherwise ``release``.",
        required=True,
        facet=True,
    ),
    Field(
        "target.platform",
        KEYWORD,
        "Exact target, such as ``linux-x86_64``, ``win64-aarch64`` or ``android-arm64-v8a``.",
        "From the folder or the file name, in lower case; ``mac`` is ``macosx``.",
        required=True,
        facet=True,
    ),
    Field(
        "target.os",
        KEYWORD,
        "Family of the platform.",
        "From ``target.platform``.",
        facet=True,
        choices=("linux", "win", "mac", "android", "maemo"),
    ),
    Field(
        "target.candidate",
        LONG,
        "Number of a release candidate, from 1; Mozilla VPN's are numbered by build ID. Only "
        "builds in ``candidates/`` have it: they were staged, and most of them were never "
        "shipped. ``has_target.candidate=false`` leaves them out.",
        "From the folder ``buildN``.",
        facet=True,
    ),
    Field(
        "build.id",
        KEYWORD,
        "Build ID, as in crash reports: the digits of date and time. Text, never a number.",
        f"{_METADATA_OF} A nightly without metadata has the date of its folder, as all of the "
        "products for Android have. Mozilla VPN's is the number of its candidate, for a release "
        "of the last one.",
        sortable=True,
    ),
    Field(
        "build.date",
        DATE,
        "The time in the build ID.",
        "The digits of ``build.id``, taken as UTC; until about 2017 they are California time.",
        sortable=True,
    ),
    Field(
        "build.number",
        LONG,
        "Which attempt at the release this is, from 1.",
        "For a release, the highest number among its candidates.",
    ),
    Field("build.as", KEYWORD, "Assembler.", _METADATA_OF),
    Field("build.ld", KEYWORD, "Linker.", _METADATA_OF),
    Field("build.cc", KEYWORD, "C compiler, with its options.", _METADATA_OF),
    Field("build.cxx", KEYWORD, "C++ compiler, with its options.", _METADATA_OF),
    Field("build.host", KEYWORD, "Machine that built it, as a target triplet.", _METADATA_OF),
    Field("build.target", KEYWORD, "Machine it was built for, as a target triplet.", _METADATA_OF),
    Field("download.url", KEYWORD, "URL of the file; spaces in it are not encoded.", required=True),
    Field("download.size", LONG, "Size of the file.", required=True, sortable=True, unit="bytes"),
    Field(
        "download.mimetype",
        KEYWORD,
        "Media type of the file.",
        "From the file extension.",
        required=True,
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
    Field(
        "download.md5",
        KEYWORD,
        "MD5 of the file, 32 hexadecimal digits, where the job's source of files tells it. A "
        "release has that of the candidate that it is a copy of.",
        from_some_sources=True,
    ),
    Field(
        "download.expires",
        DATE,
        "When the archive is going to delete the file, where the job's source of files tells it: "
        "most candidates, a year after they were written.",
        from_some_sources=True,
    ),
    Field(
        "download.expired",
        DATE,
        "When the file was found to be gone. The record stays; ``has_download.expired=false`` "
        "leaves such builds out.",
        from_some_sources=True,
    ),
)

NOT_COMPARED = frozenset(field.name for field in FIELDS if field.from_some_sources)
"""Fields that an audit does not compare."""


def iter_groups(fields: tuple[Field, ...] = FIELDS) -> Iterator[tuple[str, list[Field]]]:
    """Yield each top-level object of a record with its fields, in the table's order."""
    groups: dict[str, list[Field]] = {}
    for field in fields:
        groups.setdefault(field.name.split(".", 1)[0], []).append(field)
    yield from groups.items()
