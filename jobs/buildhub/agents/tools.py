"""The questions of the client as tools: what is found, or which of three reasons for nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

from buildhub_schema.products import DEFAULT_PRODUCT
from mcp.server.mcpserver.exceptions import ToolError
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from buildhub.agents.answers import (
    OUTCOMES,
    Answer,
    Build,
    BuildFilters,
    Changed,
    Changes,
    Changeset,
    FoundBuilds,
    MissingBuilds,
    Record,
    Records,
)
from buildhub.client import AsyncBuildHub, values
from buildhub.client.errors import BuildhubError, Missing, NotFound
from buildhub.client.exchange import Asked
from buildhub.client.explanations import complete_until, explain
from buildhub.client.questions import describe_filters

Value = TypeVar("Value")
Shown = TypeVar("Shown")

MOST_RECORDS = 100
"""Of one answer: some 25,000 tokens."""

BuildId = Annotated[str, Field(description="A build ID: digits, as `20170914084942`.")]
Version = Annotated[str, Field(description="A version, as `53.0b9`.")]
Product = Annotated[str, Field(description="A product, as `firefox`.")]
Channel = Annotated[str, Field(description="A channel, as `release`, `beta`, `nightly`.")]
Moment = Annotated[str, Field(description="A day, a time in UTC, or a build ID: `2017-06-01`.")]
Count = Annotated[int, Field(ge=1, le=MOST_RECORDS, description="At most so many.")]
Filters = BuildFilters | SkipJsonSchema[None]


class Tools:
    """The tools. Each public method is one; its docstring is what an agent reads.

    Every method raises `ToolError` where the server does not answer, or finds something wrong.
    """

    def __init__(self, hub: AsyncBuildHub) -> None:
        self._hub = hub

    def all(self) -> list[Callable[..., Awaitable[Any]]]:
        """Return the tools, the most useful ones first."""
        return [
            *(self.find, self.build, self.is_official, self.revision, self.latest),
            *(self.before, self.after, self.first_nightly, self.versions, self.locales),
            *(self.platforms, self.build_ids, self.missing, self.count, self.builds),
            *(self.changes, self.search, self.coverage),
        ]

    async def find(self, text: str, limit: Count = 20) -> Answer[FoundBuilds]:
        """Find builds by what people type: `firefox 54 linux fr`, a build ID, a revision, a day.

        Youngest files first. Look at `understood_as`: what was not understood is searched as text.
        """

        def show(found: values.Found) -> FoundBuilds:
            if not found.total:
                raise NotFound(f"No builds of {text}.", found.complete_until)
            terms = [
                f"{'not ' if each.excluded else ''}{each.label or 'text'} {each.value} {each.hint}"
                for each in found.terms
            ]
            records = [each.data for each in found.records]
            return FoundBuilds(
                total=found.total, understood_as=list(map(str.strip, terms)), records=records
            )

        return await self._answer(self._hub.find(text, limit=limit), show)

    async def build(self, build_id: BuildId) -> Answer[Build]:
        """Tell what there is with a build ID: versions, platforms, locales, changesets."""
        return await self._answer(self._hub.build(build_id), Build.model_validate)

    async def is_official(self, build_id: BuildId) -> Answer[bool]:
        """Tell whether Mozilla published builds with a build ID; candidates alone do not count.

        The value is null only where nobody knows yet.
        """
        answer = await self._answer(self._hub.build(build_id), lambda build: build.is_official)
        return answer.model_copy(update={"value": False}) if _is_no(answer) else answer

    async def revision(
        self, build_id: BuildId, product: Product | None = None
    ) -> Answer[Changeset]:
        """Tell the changeset that a build ID was built from.

        Give the product where several products were built in the same second.
        """
        found = self._hub.revision(build_id, product=product)
        return await self._answer(found, Changeset.model_validate, product)

    async def latest(
        self,
        product: Product,
        channel: Channel,
        platform: str,
        locale: str = "en-US",
        before: Moment | None = None,
    ) -> Answer[Record]:
        """Return the newest build of a channel, by version. `esr-next` is a channel, too."""
        found = self._hub.latest(product, channel, platform=platform, locale=locale, before=before)
        return await self._answer(found, _data, product, channel)

    async def before(
        self,
        moment: Moment,
        product: Product = DEFAULT_PRODUCT,
        channel: Channel = "nightly",
        platform: str | None = None,
        locale: str | None = None,
    ) -> Answer[Record]:
        """Return the last build before a day, a time or a build ID."""
        chosen = _given(platform=platform, locale=locale)
        found = self._hub.before(moment, product=product, channel=channel, **chosen)
        return await self._answer(found, _data, product, channel)

    async def after(
        self,
        moment: Moment,
        product: Product = DEFAULT_PRODUCT,
        channel: Channel = "nightly",
        platform: str | None = None,
        locale: str | None = None,
    ) -> Answer[Record]:
        """Return the first build after a day, a time or a build ID."""
        chosen = _given(platform=platform, locale=locale)
        found = self._hub.after(moment, product=product, channel=channel, **chosen)
        return await self._answer(found, _data, product, channel)

    async def first_nightly(
        self, version: Version, product: Product = DEFAULT_PRODUCT
    ) -> Answer[Record]:
        """Return the first nightly of a version such as `55.0a1`."""
        found = self._hub.first_nightly(version, product=product)
        return await self._answer(found, _data, product, "nightly")

    async def versions(self, filters: Filters = None) -> Answer[list[str]]:
        """List the versions of builds, in the order of versions."""
        chosen = _chosen(filters)
        return await self._answer(self._hub.versions(**chosen), list, *_scope(chosen))

    async def locales(self, version: Version, filters: Filters = None) -> Answer[list[str]]:
        """List the locales of a version."""
        chosen = _chosen(filters, argument="version")
        return await self._answer(self._hub.locales(version, **chosen), list, *_scope(chosen))

    async def platforms(self, build_id: BuildId, filters: Filters = None) -> Answer[list[str]]:
        """List the platforms of a build ID."""
        chosen = _chosen(filters, argument="build_id")
        return await self._answer(self._hub.platforms(build_id, **chosen), list, *_scope(chosen))

    async def build_ids(self, version: Version, filters: Filters = None) -> Answer[list[str]]:
        """List the build IDs of a version, oldest first."""
        chosen = _chosen(filters, argument="version")
        return await self._answer(self._hub.build_ids(version, **chosen), list, *_scope(chosen))

    async def missing(
        self, version: Version, product: Product = DEFAULT_PRODUCT, limit: Count = MOST_RECORDS
    ) -> Answer[MissingBuilds]:
        """List the builds of a version that should exist and do not, and who says so.

        A total of 0 means that nothing is missing.
        """

        def show(missing: tuple[values.MissingBuild, ...]) -> MissingBuilds:
            return MissingBuilds(total=len(missing), builds=list(missing[:limit]))

        return await self._answer(self._hub.missing(version, product=product), show, product)

    async def count(self, filters: Filters = None) -> Answer[int]:
        """Count builds."""
        chosen = _chosen(filters)

        async def ask() -> int:
            return await self._hub.count(**chosen) or await self._explain_none(chosen)

        answer = await self._answer(ask(), int, *_scope(chosen))
        return answer.model_copy(update={"value": 0}) if _is_no(answer) else answer

    async def builds(
        self,
        filters: Filters = None,
        limit: Count = 20,
        after: Annotated[str | None, Field(description="`next_after` of the last answer.")] = None,
    ) -> Answer[Records]:
        """List builds, in the order of record IDs, a page at a time. `count` says how many."""
        chosen = _chosen(filters)

        async def ask() -> Records:
            found = self._hub.builds(after=after, limit=limit, **chosen)
            records = [each.data async for each in found]
            if not records and after is None:
                await self._explain_none(chosen)
            return Records(
                records=records, next_after=records[-1]["id"] if len(records) == limit else None
            )

        return await self._answer(ask(), _same, *_scope(chosen))

    async def changes(
        self,
        since: Annotated[int, Field(ge=0, description="A timestamp, in milliseconds.")],
        limit: Count = 20,
    ) -> Answer[Changes]:
        """List the records that were written or deleted after a timestamp, in that order."""

        async def ask() -> Changes:
            changes = [
                Changed(
                    record_id=each.record_id,
                    timestamp=each.timestamp,
                    record=each.record.data if each.record else None,
                )
                async for each in self._hub.changes(since, limit=limit)
            ]
            last = changes[-1].timestamp if changes else since
            return Changes(changes=changes, next_since=last, is_all=len(changes) < limit)

        return await self._answer(ask(), _same)

    async def search(self, body: dict[str, Any]) -> Answer[dict[str, Any]]:
        """Search with Elasticsearch's query language: query, aggs, size, sort, _source.

        Fields are those of records, such as `target.version`; all texts are keywords. The value is
        Elasticsearch's answer, also where nothing matches; `size` is 100 at most.
        """
        if not isinstance(size := body.get("size", 0), int) or size > MOST_RECORDS:
            raise ToolError(f"size: {size!r} is more than {MOST_RECORDS}, or no number")
        return await self._answer(self._hub.search(body), _same)

    async def coverage(self) -> Answer[values.Coverage]:
        """Tell until when the catalogue is complete, as a whole and per product and channel."""
        return await self._answer(self._hub.coverage(), _same)

    async def _answer(
        self,
        question: Awaitable[Value],
        show: Callable[[Value], Shown],
        product: str | None = None,
        channel: str | None = None,
    ) -> Answer[Shown]:
        """Return an answer with what *show* makes of the client's.

        Args:
            product, channel: that were asked for, which say what it is complete for.
        """
        try:
            value, coverage = await asyncio.gather(question, self._coverage_or_none())
            shown = show(value)
        except Missing as exc:
            return Answer(
                outcome=OUTCOMES[type(exc)], message=str(exc), complete_until=exc.complete_until
            )
        except (BuildhubError, TypeError, ValueError) as exc:
            raise ToolError(str(exc)) from exc
        until = complete_until(coverage, product, channel)
        return Answer(outcome="found", value=shown, complete_until=until)

    async def _explain_none(self, filters: dict[str, Any]) -> int:
        asked = Asked(describe_filters(filters), *_scope(filters))
        raise explain(asked, await self._coverage_or_none())

    async def _coverage_or_none(self) -> values.Coverage | None:
        try:
            return await self._hub.coverage()
        except BuildhubError:
            return None


def _is_no(answer: Answer[Any]) -> bool:
    """Return whether it is known that there is nothing."""
    return answer.outcome == "not_found"


def _same(value: Value) -> Value:
    return value


def _data(record: values.Record) -> Record:
    return record.data


def _chosen(filters: BuildFilters | None, *, argument: str = "") -> dict[str, Any]:
    """Return the filters that are given; one of them may be an argument already."""
    chosen = {} if filters is None else filters.model_dump(exclude_none=True)
    if argument in chosen:
        raise ToolError(f"filters: leave out {argument}, which is an argument of its own")
    return chosen


def _given(**filters: str | None) -> dict[str, Any]:
    return {name: value for name, value in filters.items() if value is not None}


def _scope(filters: dict[str, Any]) -> tuple[str | None, str | None]:
    """Return the product and channel that were asked for, where it is a single one."""
    product, channel = filters.get("product"), filters.get("channel")
    return (
        product if isinstance(product, str) else None,
        channel if isinstance(channel, str) else None,
    )
