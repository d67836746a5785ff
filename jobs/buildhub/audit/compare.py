"""Archive and catalogue side by side, in the order of record IDs."""

from typing import Any

from buildhub.audit.archive_side.expected import BuildState, ExpectedBuild, ExpectedBuilds
from buildhub.audit.classify import Classifier, Pair
from buildhub.audit.scope import text_of

Record = dict[str, Any]

# Builds without a record that wait in memory to be classified together.
_ABSENT_TOGETHER = 1000


class CatalogueComparer:
    """Takes the catalogue's records in the order of their IDs, page by page.

    Args:
        expected: the builds of the archive.
        classifier: decides what is missing, extra or different.

    Attributes:
        versions: products and versions that the catalogue has a record of.
    """

    def __init__(self, expected: ExpectedBuilds, classifier: Classifier) -> None:
        self._classifier = classifier
        self._builds = expected.iter_preferred()
        self._build = next(self._builds, None)
        self.versions: set[tuple[str, str]] = set()

    async def compare_page(self, page: list[Record]) -> None:
        """Compare the next records, and the archive's builds before the last of them."""
        differing: list[Pair] = []
        alone: list[Record] = []
        for record in page:
            product = text_of(record, "source", "product")
            self.versions.add((product, text_of(record, "target", "version")))
            build = await self._find_build(record["id"])
            if build is None:
                alone.append(record)
            elif self._classifier.may_differ(build, record):
                differing.append((build, record))
        differing += await self._classifier.classify_alone(alone)
        await self._classifier.report_differences(differing)

    async def compare_rest(self) -> None:
        """Classify the archive's builds behind the last record."""
        await self._classify_absent_before(None)

    async def _find_build(self, record_id: str) -> ExpectedBuild | None:
        """Return the build that should have *record_id*; all before it have no record."""
        await self._classify_absent_before(record_id)
        build = self._build
        if build is None or build.record_id != record_id:
            return None
        self._build = next(self._builds, None)
        return build

    async def _classify_absent_before(self, record_id: str | None) -> None:
        """Classify the builds before *record_id*, or all that are left."""
        absent: list[ExpectedBuild] = []
        while self._build and (record_id is None or self._build.record_id < record_id):
            if self._build.state in (BuildState.EXPECTED, BuildState.WITHOUT_METADATA):
                absent.append(self._build)
            self._build = next(self._builds, None)
            if len(absent) >= _ABSENT_TOGETHER:
                await self._classifier.classify_absent(absent)
                absent = []
        if absent:
            await self._classifier.classify_absent(absent)
