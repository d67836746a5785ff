"""The client for programs that wait: :class:`BuildHub`, over requests."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Self, TypeVar, Unpack

from buildhub_schema.products import DEFAULT_PRODUCT

from buildhub.aio.retry_policy import RetryPolicy
from buildhub.client.downloads import PartialFile, Progress
from buildhub.client.errors import BuildhubError, NotFound
from buildhub.client.exchange import Empty, Question
from buildhub.client.explanations import explain
from buildhub.client.filters import Filters, LessBuildId, LessProduct, LessVersion, Moment
from buildhub.client.many import Records
from buildhub.client.options import RECORDS_PER_REQUEST, Credentials, make_options
from buildhub.client.questions import Questions, batched, page_sizes
from buildhub.client.transport import Transport
from buildhub.client.values import (
    Build,
    Change,
    Coverage,
    Found,
    MissingBuild,
    Published,
    Record,
    Revision,
    Version,
)

Value = TypeVar("Value")


class BuildHub:
    """The catalogue of a server. Use it as a context manager, or close it.

    Args:
        server_url: address of the API, ``https://host/v1``; by default the environment's
            ``SERVER_URL``, else the local server.
        auth: an account, as ``user:password``.
        token: an API token.
        client_id, secret: of Hawk.
        bucket, collection: of the catalogue.
        timeout_seconds: how long the server may be silent.
        retry_policy: how often a request is sent again, and after which wait.
        cache: file that keeps answers to be asked for again only if they have changed; clients and
            processes may share it.

    Errors:
        Every method raises what is in `buildhub.client.errors`; errors of requests are logged, too.
        Threads may share a client.
    """

    def __init__(
        self,
        server_url: str | None = None,
        *,
        auth: str | None = None,
        token: str | None = None,
        client_id: str | None = None,
        secret: str | None = None,
        bucket: str | None = None,
        collection: str | None = None,
        timeout_seconds: float | None = None,
        retry_policy: RetryPolicy | None = None,
        cache: Path | str | None = None,
    ) -> None:
        credentials = Credentials(auth, token, client_id, secret)
        options = make_options(
            server_url,
            credentials,
            bucket=bucket,
            collection=collection,
            timeout_seconds=timeout_seconds,
            retry_policy=retry_policy,
            cache=None if cache is None else Path(cache),
        )
        self._questions = Questions(options.bucket, options.collection)
        self._transport = Transport(options)

    def build(self, build_id: str) -> Build:
        """Return what there is with a build ID: versions, platforms, locales, changesets."""
        return self._ask(self._questions.build(build_id))

    def is_official(self, build_id: str) -> bool:
        """Return whether Mozilla published builds with this build ID, not only candidates.

        Raises:
            NotIndexedYet: it is younger than the catalogue, so the answer is not known.
        """
        try:
            return self._ask(self._questions.is_official(build_id))
        except NotFound:
            return False

    def revision(self, build_id: str, *, product: str | None = None) -> Revision:
        """Return the changeset that a build ID was built from.

        Raises:
            NotUnique: products were built in the same second, and none is given.
        """
        return self._ask(self._questions.revision(build_id, product))

    def versions(self, **filters: Unpack[Filters]) -> tuple[Version, ...]:
        """Return the versions that there are, in order of versions."""
        found = self._ask(self._questions.values("target.version", filters))
        return tuple(sorted(map(Version, found)))

    def locales(self, version: str, **filters: Unpack[LessVersion]) -> tuple[str, ...]:
        """Return the locales of a version."""
        question = self._questions.values("target.locale", {"version": version, **filters})
        return self._ask(question)

    def platforms(self, build_id: str, **filters: Unpack[LessBuildId]) -> tuple[str, ...]:
        """Return the platforms of a build ID."""
        question = self._questions.values("target.platform", {"build_id": build_id, **filters})
        return self._ask(question)

    def build_ids(self, version: str, **filters: Unpack[LessVersion]) -> tuple[str, ...]:
        """Return the build IDs of a version, oldest first."""
        question = self._questions.values("build.id", {"version": version, **filters})
        return self._ask(question)

    def latest(
        self,
        product: str,
        channel: str,
        *,
        platform: str,
        locale: str = "en-US",
        before: Moment | None = None,
    ) -> Record:
        """Return the newest build of a channel, by version; ``esr-next`` is a channel, too.

        Args:
            before: only builds from before that day, time or build ID.
        """
        question = self._questions.latest(product, channel, platform, locale, before)
        return self._ask(question)

    def before(
        self,
        moment: Moment,
        *,
        product: str = DEFAULT_PRODUCT,
        channel: str = "nightly",
        **filters: Unpack[LessProduct],
    ) -> Record:
        """Return the last build before a day, time or build ID; by default Firefox's nightly."""
        chosen = {"product": product, "channel": channel, **filters}
        return self._ask(self._questions.nearest(moment, chosen, is_before=True))

    def after(
        self,
        moment: Moment,
        *,
        product: str = DEFAULT_PRODUCT,
        channel: str = "nightly",
        **filters: Unpack[LessProduct],
    ) -> Record:
        """Return the first build after a day, time or build ID; by default Firefox's nightly."""
        chosen = {"product": product, "channel": channel, **filters}
        return self._ask(self._questions.nearest(moment, chosen, is_before=False))

    def first_nightly(self, version: str, *, product: str = DEFAULT_PRODUCT) -> Record:
        """Return the first nightly of a version."""
        return self._ask(self._questions.first_nightly(version, product))

    def missing(self, version: str, *, product: str = DEFAULT_PRODUCT) -> tuple[MissingBuild, ...]:
        """Return the builds of a version that should exist, and do not."""
        return self._ask(self._questions.missing(version, product))

    def find(self, text: str, *, sort: str = "-published", limit: int = 50) -> Found:
        """Return what people type finds: ``firefox 54 linux fr``, a build ID, an address.

        Args:
            sort: a column of the catalogue's page, with ``-`` for the last first.
            limit: number of records, 1,000 at most.
        """
        return self._ask(self._questions.find(text, sort, limit))

    def find_csv(self, text: str, *, sort: str = "-published", limit: int = 50) -> bytes:
        """Return the same as CSV, in which no cell runs as a formula."""
        return self._ask(self._questions.find_csv(text, sort, limit))

    def search(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a search in Elasticsearch's query language."""
        return self._ask(self._questions.search(body))

    def count(self, **filters: Unpack[Filters]) -> int:
        """Return the number of builds."""
        return self._ask(self._questions.count(filters))

    def coverage(self) -> Coverage:
        """Return until when the catalogue is complete."""
        return self._ask(self._questions.coverage())

    def builds(
        self, *, after: str | None = None, limit: int | None = None, **filters: Unpack[Filters]
    ) -> Records:
        """Return an iterator over all records that match, in the order of their IDs.

        It takes constant memory. A record that exists all the while is met exactly once, whatever
        is written meanwhile. Its ``to_arrow()``, ``to_pandas()`` and ``to_polars()`` make a table.

        Args:
            after: ID of the last record that was met, to go on after it.
            limit: at most so many.
        """
        return Records(self._iter_builds(after, limit, filters))

    def changes(self, since: int = 0, *, limit: int | None = None) -> Iterator[Change]:
        """Yield what was written or deleted after a timestamp, in its order, up to now.

        Keep the timestamp of the last one, and go on from there: nothing is ever missed. A record
        that changes again comes again.

        Args:
            since: in milliseconds; 0 for everything.
            limit: at most so many.
        """
        for size in page_sizes(limit, RECORDS_PER_REQUEST):
            page = self._ask(self._questions.changes(since, limit=size))
            yield from page
            if len(page) < size:
                return
            since = page[-1].timestamp

    def download(
        self, record: Record, path: Path | str, *, progress: Progress | None = None
    ) -> Path:
        """Fetch the file of a record, and return where it is.

        A download that breaks off is resumed, also by the next call. The size is checked.

        Args:
            path: of the file, or an existing folder for it.
            progress: called with the bytes that are there, and with all that there will be.
        """
        file = PartialFile(record, Path(path), progress)
        if not file.is_whole():
            self._transport.download(record.download.encoded_url, file)
        return file.finish()

    def publish(self, records: Iterable[Mapping[str, Any]]) -> Published:
        """Store records, each as it is; those that are refused are counted, the others stored.

        Each thousand of them is one request, sent again where the server does not answer.
        """
        total = Published()
        for batch in batched(records, RECORDS_PER_REQUEST):
            total += self._ask(self._questions.publish(batch))
        return total

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _iter_builds(
        self, after: str | None, limit: int | None, filters: Filters
    ) -> Iterator[Record]:
        for size in page_sizes(limit, RECORDS_PER_REQUEST):
            page = self._ask(self._questions.records(filters, after=after, limit=size))
            yield from page
            if len(page) < size:
                return
            after = page[-1].id

    def _ask(self, question: Question[Value]) -> Value:
        try:
            return self._transport.ask(question)
        except Empty as empty:
            raise explain(empty.asked, self._coverage_or_none()) from None

    def _coverage_or_none(self) -> Coverage | None:
        try:
            return self.coverage()
        except BuildhubError:
            return None
