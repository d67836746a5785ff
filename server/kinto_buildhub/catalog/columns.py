"""What the search page shows of a record, and what people choose by: one row each."""

from typing import NamedTuple


class Facet(NamedTuple):
    """A field whose values people choose from.

    Attributes:
        name: as in the address of the page.
        field: as in a search.
        label: as people read it.
        in_version_order: its values are versions, newest first; others have the most builds first.
    """

    name: str
    field: str
    label: str
    in_version_order: bool = False


FACETS = (
    Facet("product", "source.product", "Product"),
    Facet("channel", "target.channel", "Channel"),
    Facet("version", "target.version", "Version", in_version_order=True),
    Facet("platform", "target.platform", "Platform"),
    Facet("os", "target.os", "OS"),
    Facet("locale", "target.locale", "Locale"),
)
FACETS_BY_NAME = {facet.name: facet for facet in FACETS}


class Column(NamedTuple):
    """A column of the table of builds.

    Attributes:
        name: as in the address of the page, ``sort=-published``.
        field: of the record.
        sort_field: field of the index whose order it has.
        label: as people read it.
        is_largest_first: the direction in which it is sorted first.
    """

    name: str
    field: str
    sort_field: str
    label: str
    is_largest_first: bool = False


COLUMNS = (
    Column("product", "source.product", "source.product", "Product"),
    Column("version", "target.version", "target.version.order", "Version", True),
    Column("channel", "target.channel", "target.channel", "Channel"),
    Column("platform", "target.platform", "target.platform", "Platform"),
    Column("locale", "target.locale", "target.locale", "Locale"),
    Column("build", "build.id", "build.id", "Build ID", True),
    Column("published", "download.date", "download.date", "Published", True),
    Column("size", "download.size", "download.size", "Size", True),
)
COLUMNS_BY_NAME = {column.name: column for column in COLUMNS}
