"""From one file that was written to the archive to the records that it leads to.

A build leads to its own record, also where its metadata is not there yet. A metadata file leads to
a record of every build in its scope. Whichever comes first, the one that comes last completes it.
"""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from buildhub.archive.fetch import address, parse_length
from buildhub.archive.metadata_scope import iter_builds_in_scope
from buildhub.archive.session import Archive
from buildhub.counts.read import ReadCounts
from buildhub.errors import BadData, BadMetadata, Unavailable
from buildhub.events.verdict import (
    DONE,
    METADATA_AWAITED,
    NOT_IN_ARCHIVE,
    OUT_OF_REACH,
    Fate,
    Verdict,
)
from buildhub.publish.conditional import ProposedRecord
from buildhub.publish.server import Server
from buildhub.records.derive import Deriver
from buildhub.records.recognise import OTHER_PRODUCT
from buildhub.rules.build import Build
from buildhub.rules.build_file import BuildFile
from buildhub.rules.entry import Entry
from buildhub.rules.metadata import parse_metadata
from buildhub.rules.metadata_paths import candidates_folder, metadata_paths
from buildhub.rules.metadata_scope import MetadataScope, find_metadata_scope
from buildhub.rules.paths import parse_path

METADATA_SUPERSEDED = "metadata-in-a-better-form"
WITHOUT_BUILDS = "metadata-without-builds"


@dataclass(slots=True)
class Proposal:
    """What one file leads to: records, and a verdict that publishing them may still change."""

    entry: Entry
    records: list[ProposedRecord] = field(default_factory=list)
    verdict: Verdict = DONE

    def note(self, fate: Fate, reason: str) -> None:
        """Keep the greatest fate that was met."""
        if fate > self.verdict.fate:
            self.verdict = Verdict(fate, reason)


class Proposer:
    """Works out proposals.

    Args:
        products: whose files are wanted, in a record's spelling.
        archive: where files and metadata are.
        server: may know sizes that the archive's folder pages round.
        deriver: makes records.
        read_counts: takes the counts.
    """

    def __init__(
        self,
        products: frozenset[str],
        archive: Archive,
        server: Server,
        deriver: Deriver,
        read_counts: ReadCounts,
    ) -> None:
        self._products = products
        self._archive = archive
        self._server = server
        self._deriver = deriver
        self._counts = read_counts

    async def propose(self, entry: Entry) -> Proposal:
        """Return what the file leads to."""
        proposal = Proposal(entry)
        build = parse_path(entry.path)
        scope = find_metadata_scope(entry.path)
        if isinstance(build, Build):
            if self._is_wanted(proposal, build.product):
                await self._add_file(proposal, BuildFile(build, entry))
        elif scope is None:
            self._skip(proposal, build.reason.value)
        elif self._is_wanted(proposal, scope.product):
            await self._add_scope(proposal, scope)
        return proposal

    def _is_wanted(self, proposal: Proposal, product: str) -> bool:
        if product not in self._products:
            self._skip(proposal, OTHER_PRODUCT)
        return product in self._products

    def _skip(self, proposal: Proposal, reason: str, fate: Fate = Fate.SKIPPED) -> None:
        self._counts.skipped[reason] += 1
        proposal.verdict = Verdict(fate, reason)

    async def _add_file(self, proposal: Proposal, each: BuildFile) -> None:
        """Add the record of a file that an event names, if the archive has the file.

        Whoever may send events may be wrong, and what they name may be deleted meanwhile.
        """
        path = each.build.path
        try:
            headers = await self._archive.fetcher.head(address(self._archive.root, path))
        except Unavailable as exc:
            proposal.note(Fate.RETRY, f"{OUT_OF_REACH}: {exc}")
            return
        if headers is None:
            self._skip(proposal, NOT_IN_ARCHIVE, Fate.NOT_IN_ARCHIVE)
            return
        if each.entry.size is None and (size := parse_length(headers)) is not None:
            each = BuildFile(each.build, each.entry._replace(size=size))
        await self._add_build(proposal, each, dated_by_event=True)

    async def _add_scope(self, proposal: Proposal, scope: MetadataScope) -> None:
        """Add the records of every build that a metadata file describes."""
        try:
            if not await self._fetch_again(scope.path):
                self._skip(proposal, NOT_IN_ARCHIVE, Fate.NOT_IN_ARCHIVE)
                return
            builds = await self._find_builds(proposal, scope)
        except BadMetadata as exc:
            proposal.note(Fate.AWAITS_METADATA, f"{METADATA_AWAITED}: {exc}")
            return
        except Unavailable as exc:
            proposal.note(Fate.RETRY, f"{OUT_OF_REACH}: {exc}")
            return
        sized = await self._sizes_on_server(builds)
        additions = (
            self._add_build(proposal, sized.get(each.build.path, each), dated_by_event=False)
            for each in builds
        )
        await asyncio.gather(*additions)

    async def _fetch_again(self, path: str) -> bool:
        """Fetch a metadata file that was just written, and cache it for the builds.

        Returns:
            Whether the archive has it.

        Raises:
            BadMetadata: something else is there.
            Unavailable: the archive does not answer.
        """
        url = address(self._archive.root, path)
        self._archive.cache.forget_response(url)
        try:
            response = await self._archive.fetcher.get(url)
            if response.body is None:
                return False
            parse_metadata(response.body, path=path)
        except BadMetadata:
            raise
        except BadData as exc:
            raise BadMetadata(str(exc)) from exc
        self._archive.cache.store_response(url, response.status, response.body)
        return True

    async def _find_builds(self, proposal: Proposal, scope: MetadataScope) -> list[BuildFile]:
        """Return the builds in *scope*; none where a better file describes them."""
        found: list[BuildFile] = []
        async with aclosing(
            iter_builds_in_scope(self._archive.fetcher, self._archive.root, scope)
        ) as folders:
            async for some in folders:
                if some and not found and await self._is_superseded(scope, some[0]):
                    # Builds in a better file's scope may still come, so this is no skipped file.
                    self._skip(proposal, METADATA_SUPERSEDED, Fate.DONE)
                    return []
                found += some
        if not found:
            self._skip(proposal, WITHOUT_BUILDS, Fate.DONE)
        return found

    async def _is_superseded(self, scope: MetadataScope, each: BuildFile) -> bool:
        """Return whether builds have their metadata from a better file than this text."""
        if not scope.path.endswith(".txt"):
            return False
        paths = metadata_paths(each.build, scope.candidate_number)
        for path in paths[: paths.index(scope.path)]:
            url = address(self._archive.root, path)
            if (await self._archive.fetcher.head(url)) is not None:
                return True
        return False

    async def _sizes_on_server(self, builds: list[BuildFile]) -> dict[str, BuildFile]:
        """Return, by path, those whose size a folder page rounds and the server knows exactly."""
        rounded = {each.build.record_id: each for each in builds if each.entry.size is None}
        stored = await self._server.fetch_records(rounded) if rounded else {}
        sized = {}
        for record_id, record in stored.items():
            build, entry = rounded[record_id]
            download = record["download"]
            same_url = download["url"] == f"{self._archive.root}{build.path}"
            if same_url and download["date"] == f"{entry.modified:%Y-%m-%dT%H:%M:%SZ}":
                exact = entry._replace(size=download["size"])
                sized[build.path] = BuildFile(build, exact)
        return sized

    async def _add_build(
        self, proposal: Proposal, each: BuildFile, *, dated_by_event: bool
    ) -> None:
        self._counts.builds += 1
        try:
            derived = await self._deriver.derive_record(await self._with_size(each))
        except Unavailable as exc:
            proposal.note(Fate.RETRY, f"{OUT_OF_REACH}: {exc}")
            return
        if not derived.has_metadata and _may_have_metadata(each.build):
            proposal.note(Fate.AWAITS_METADATA, f"{METADATA_AWAITED}: of {each.build.path}")
        proposal.records.append(
            ProposedRecord(each.build, derived.record, derived.has_metadata, dated_by_event)
        )

    async def _with_size(self, each: BuildFile) -> BuildFile:
        build, entry = each
        if entry.size is not None:
            return each
        size = await self._archive.fetcher.fetch_size(address(self._archive.root, build.path))
        if size is None:
            raise Unavailable(f"{build.path}: named by an event, and not there yet")
        return BuildFile(build, entry._replace(size=size))


def _may_have_metadata(build: Build) -> bool:
    """Return whether there are places for it; there are none for genuine release candidates."""
    return candidates_folder(build) is not None or bool(metadata_paths(build, None))
