"""What the client returns: frozen values, with the names of a record's fields.

Sizes are in bytes, times are aware and in UTC. What a record does not say is None.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import total_ordering
from itertools import islice
from typing import TYPE_CHECKING, Any

from buildhub_schema.text.addresses import encode_address
from buildhub_schema.versions import version_order

from buildhub.client.tables import to_arrow, to_pandas, to_polars

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

MOST_ERRORS = 100
"""Sentences that `Published` keeps."""


class Version(str):
    """A version: a text that compares as a version, so that 53.0b9 comes before 53.0b10.

    It is equal to the same text, and compares with any text.
    """

    __slots__ = ()

    def __lt__(self, other: str) -> bool:
        return version_order(self) < version_order(other)

    def __le__(self, other: str) -> bool:
        return version_order(self) <= version_order(other)

    def __gt__(self, other: str) -> bool:
        return version_order(self) > version_order(other)

    def __ge__(self, other: str) -> bool:
        return version_order(self) >= version_order(other)

    __eq__ = str.__eq__
    __hash__ = str.__hash__


@dataclass(frozen=True, slots=True)
class Source:
    """What was built."""

    product: str
    tree: str | None = None
    revision: str | None = None
    repository: str | None = None


@dataclass(frozen=True, slots=True)
class Target:
    """Whom it was built for. `candidate` is the number of a release candidate, else None."""

    version: Version
    locale: str
    channel: str
    platform: str
    os: str | None = None
    candidate: int | None = None


@dataclass(frozen=True, slots=True)
class Toolchain:
    """How it was built. `id` is the build ID."""

    id: str | None = None
    date: datetime | None = None
    number: int | None = None
    assembler: str | None = None
    linker: str | None = None
    c_compiler: str | None = None
    cxx_compiler: str | None = None
    host: str | None = None
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """The file. `url` may contain spaces; `encoded_url` does not."""

    url: str
    size: int
    mimetype: str
    date: datetime

    @property
    def encoded_url(self) -> str:
        """The URL, encoded as programs need it."""
        return encode_address(self.url)


@total_ordering
@dataclass(frozen=True, slots=True)
class Record:
    """One downloadable build. Records compare by version, then by build ID and record ID.

    Attributes:
        last_modified: the record's timestamp, in milliseconds.
        data: the record as the server has it, with whatever else it says.
    """

    id: str
    last_modified: int
    source: Source
    target: Target
    build: Toolchain
    download: Download
    data: Mapping[str, Any] = field(compare=False, repr=False)

    @property
    def version(self) -> Version:
        """Its version, which compares as one."""
        return self.target.version

    @property
    def build_id(self) -> str | None:
        """Its build ID; old builds may lack one."""
        return self.build.id

    def __lt__(self, other: "Record") -> bool:
        return self._order < other._order

    @property
    def _order(self) -> tuple[str, str, str]:
        return version_order(self.version), self.build.id or "", self.id


@dataclass(frozen=True, slots=True)
class Revision:
    """A changeset, and where it is."""

    revision: str
    repository: str | None = None
    tree: str | None = None

    @property
    def url(self) -> str | None:
        """Address of the changeset in its repository; None if that is unknown."""
        return f"{self.repository}/rev/{self.revision}" if self.repository else None


@dataclass(frozen=True, slots=True)
class Build:
    """All records with one build ID.

    Attributes:
        is_official: whether at least one of them is not a candidate.
        count: number of records.
        revisions: one, unless products were built in the same second.
    """

    id: str
    is_official: bool
    count: int
    products: tuple[str, ...]
    channels: tuple[str, ...]
    versions: tuple[Version, ...]
    platforms: tuple[str, ...]
    locales: tuple[str, ...]
    revisions: tuple[Revision, ...]


@dataclass(frozen=True, slots=True)
class Term:
    """A part of a text that was searched for, and what it was understood as.

    Attributes:
        text: the part.
        label: of the field, as people read it; ``Text`` if it was not understood.
        value: of the field.
        excluded: whether builds with it were left out.
        hint: what it may have been meant as, else "".
    """

    text: str
    label: str
    value: str
    excluded: bool
    hint: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found for a text.

    Attributes:
        total: number of builds.
        records: the first of them.
        terms: what the text was understood as.
        complete_until: the time until which the catalogue is complete for that, or None.
    """

    total: int
    records: tuple[Record, ...]
    terms: tuple[Term, ...]
    complete_until: datetime | None

    def to_arrow(self) -> "pyarrow.Table":
        """Return the records as a table of PyArrow (``buildhub[arrow]``)."""
        return to_arrow(record.data for record in self.records)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return the records as a data frame of pandas (``buildhub[pandas]``)."""
        return to_pandas(self.to_arrow())

    def to_polars(self) -> "polars.DataFrame":
        """Return the records as a data frame of Polars (``buildhub[polars]``)."""
        return to_polars(self.to_arrow())


@dataclass(frozen=True, slots=True)
class Change:
    """A record that was written, or deleted since.

    Attributes:
        record_id: of the record.
        timestamp: when, in milliseconds; changes come in this order.
        record: None if it was deleted.
    """

    record_id: str
    timestamp: int
    record: Record | None


@dataclass(frozen=True, slots=True)
class MissingBuild:
    """A build of a version that should exist, and does not.

    Attributes:
        authority: who says that it should exist.
    """

    platform: str
    locale: str
    authority: str


@dataclass(frozen=True, slots=True)
class ChannelCoverage:
    """Until when the catalogue is complete for a product and channel; None if that is unknown."""

    product: str
    channel: str
    complete_until: datetime | None
    gap_count: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """Until when the catalogue is complete, as a whole and per product and channel."""

    complete_until: datetime | None
    channels: tuple[ChannelCoverage, ...]


@dataclass(frozen=True, slots=True)
class Published:
    """What became of published records, by number.

    Attributes:
        errors: the server's sentence for each refused record, by record ID; the first hundred.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    errors: Mapping[str, str] = field(default_factory=dict)

    def __add__(self, other: "Published") -> "Published":
        errors = {**self.errors, **other.errors}
        return Published(
            self.created + other.created,
            self.updated + other.updated,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            dict(islice(errors.items(), MOST_ERRORS)),
        )
