"""The page of one build ID: everything that was built under it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from buildhub_schema.products import product_title

from kinto_buildhub.catalog.pages.api_request import ApiRequest
from kinto_buildhub.catalog.pages.build_groups import (
    BuildGroup,
    find_sources,
    group_builds,
    judge,
    total_size_bytes,
)
from kinto_buildhub.catalog.pages.missing import MissingPage
from kinto_buildhub.catalog.pages.neighbours import neighbour_paths
from kinto_buildhub.catalog.pages.page import Entry, Table
from kinto_buildhub.catalog.pages.records import field_text, record_entry, records_table
from kinto_buildhub.catalog.search_state.state import BadAddress
from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.completeness import (
    Completeness,
    find_completeness,
    read_coverage,
)
from kinto_buildhub.catalog.searches.neighbours import Neighbours, find_neighbours

# More than any build ID of the archive has: a thousand, as all languages share one.
MAX_RECORDS = 5000


@dataclass(frozen=True, slots=True)
class BuildPage:
    """A build ID that is in the catalogue.

    Attributes:
        records: all that have it, or the first `MAX_RECORDS` of them.
        total: their number, exactly.
        neighbours: the build IDs before and after it, by product and channel.
    """

    build_id: str
    records: tuple[Mapping[str, Any], ...]
    total: int
    groups: tuple[BuildGroup, ...]
    neighbours: Mapping[tuple[str, str], Neighbours]
    completeness: Completeness

    template = "build.jinja2"
    status = 200

    @property
    def title(self) -> str:
        """The ID, and what it is of."""
        return f"Build {self.build_id}: {self._names}"

    @property
    def description(self) -> str:
        """Whether it is official."""
        return judge(self.groups)[1]

    @property
    def _names(self) -> str:
        return ", ".join(
            dict.fromkeys(f"{product_title(each.product)} {each.version}" for each in self.groups)
        )

    def values(self) -> Mapping[str, Any]:
        """Return what the template may use."""
        verdict, sentence = judge(self.groups)
        return {
            "build_id": self.build_id,
            "date": self._date,
            "verdict": verdict.value,
            "sentence": sentence,
            "names": self._names,
            "groups": self.groups,
            "neighbours": self.neighbours,
            "sources": find_sources(self.records),
            "total": self.total,
            "shown": len(self.records),
            "size_bytes": total_size_bytes(self.records),
        }

    def data(self) -> Mapping[str, Any]:
        """Return the page as JSON values."""
        verdict, sentence = judge(self.groups)
        return {
            "build_id": self.build_id,
            "date": self._date or None,
            "verdict": verdict.value,
            "answer": sentence,
            "total": self.total,
            "size_bytes": total_size_bytes(self.records),
            "sources": [
                {
                    "repository": each.repository or None,
                    "revision": each.revision or None,
                    "tree": each.tree or None,
                    "url": each.url,
                }
                for each in find_sources(self.records)
            ],
            "groups": [self._group_data(group) for group in self.groups],
            "records": self.records,
        }

    def _group_data(self, group: BuildGroup) -> Mapping[str, Any]:
        return {
            "product": group.product,
            "channel": group.channel,
            "version": group.version,
            "is_candidate": group.is_candidate,
            "candidate_number": group.candidate_number,
            "total": group.total,
            "size_bytes": group.size_bytes,
            "platforms": [
                {"platform": each.platform, "locales": each.locales} for each in group.platforms
            ],
            **asdict(self.neighbours[group.product, group.channel]),
        }

    @property
    def _date(self) -> str:
        return field_text(self.records[0], "build.date")

    def table(self) -> Table:
        """Return a row for each build."""
        return records_table(self.records)

    def entries(self) -> Sequence[Entry]:
        """Return an entry for each build, newest first."""
        entries = [record_entry(record) for record in self.records]
        return sorted(entries, key=lambda entry: entry.updated, reverse=True)

    def related(self) -> Mapping[str, str]:
        """Return the pages of the build IDs before and after, on the first channel."""
        first = self.groups[0]
        return neighbour_paths(self.neighbours[first.product, first.channel])

    def requests(self) -> Sequence[ApiRequest]:
        """Return the request for the records."""
        return (_records_request(self.build_id),)


def build_page(request: Any) -> BuildPage | MissingPage:
    """Return the page of the build ID in the address.

    Raises:
        BadAddress: it is no build ID, and nothing has it.
        SearchError: search does not answer.
    """
    build_id = str(request.matchdict["build_id"])
    coverage, catalogue = read_coverage(request), Catalogue(request)
    window = request.registry.buildhub_search.settings.limits.result_window
    answer = catalogue.search(_search_body(build_id, min(MAX_RECORDS, window)))
    records = tuple(hit["_source"] for hit in answer["hits"]["hits"])
    if not records:
        if not (build_id.isascii() and build_id.isdecimal()):
            raise BadAddress(
                f"{build_id!r} is no build ID: those are digits, such as 20170403083344."
            )
        neighbours = find_neighbours(catalogue.search, build_id)
        return MissingPage("build ID", build_id, find_completeness(coverage), neighbours)
    groups = group_builds(records)
    pairs = {(group.product, group.channel) for group in groups}
    return BuildPage(
        build_id=build_id,
        records=records,
        total=answer["hits"]["total"]["value"],
        groups=groups,
        neighbours={pair: find_neighbours(catalogue.search, build_id, *pair) for pair in pairs},
        completeness=find_completeness(coverage, *zip(*pairs, strict=True)),
    )


def build_question(request: Any) -> ApiRequest:
    """Return the request to the records for the same, which needs no search."""
    return _records_request(str(request.matchdict["build_id"]))


def _records_request(build_id: str) -> ApiRequest:
    return ApiRequest("records", (("build.id", build_id),))


def _search_body(build_id: str, size: int) -> dict[str, Any]:
    return {
        "query": {"term": {"build.id": build_id}},
        "size": size,
        "track_total_hits": True,
        "sort": [{"id": "asc"}],
    }
