"""The parts of the inventories that a job reads, one after another, each as a local file."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from buildhub.aio.streams import as_stream, map_ordered
from buildhub.archive.fetch import Fetcher
from buildhub.counts.read import ReadCounts
from buildhub.errors import BadInventory, BuildhubError, ConfigError, Unavailable
from buildhub.inventory.manifest import (
    InventoryPart,
    Manifest,
    fetch_part,
    inventory_address,
    locate,
    read_manifest,
)
from buildhub.inventory.rows import Columns, find_columns
from buildhub.inventory.stores import Store, open_store
from buildhub.settings import Settings
from buildhub.temporary_files import temporary_folder

log = structlog.get_logger(__name__)

MISSING_INVENTORY = "missing-inventory"
MISSING_PART = "missing-inventory-part"

# One is read while the next one comes.
_PARTS_AT_HAND = 2


@dataclass(frozen=True, slots=True)
class PartFile:
    """A part that is at hand.

    Attributes:
        path: of the file.
        name: where it came from, for messages.
        columns: where in a row the values stand; None for a shard of a report, which says so.
        manifest: that names it.
    """

    path: Path
    name: str
    columns: Columns | None
    manifest: Manifest


@dataclass(frozen=True, slots=True)
class _Wanted:
    store: Store
    manifest: Manifest
    part: InventoryPart


class Inventories:
    """Manifests that were read, and the way to their parts.

    Attributes:
        manifests: of the inventories that can be had.
    """

    def __init__(
        self, manifests: Sequence[Manifest], wanted: Sequence[_Wanted], folder: Path, *, keep: bool
    ) -> None:
        self.manifests = manifests
        self._wanted = wanted
        self._folder = folder
        self._keep = keep

    @property
    def bytes_total(self) -> int:
        """Size of all parts, gzipped."""
        return sum(wanted.part.size for wanted in self._wanted)

    @property
    def created(self) -> datetime | None:
        """When the oldest of them was begun; None where one of them does not say."""
        moments = [wanted.manifest.created for wanted in self._wanted]
        known = [moment for moment in moments if moment is not None]
        return min(known) if known and len(known) == len(moments) else None

    async def iter_files(self, read_counts: ReadCounts) -> AsyncGenerator[PartFile, None]:
        """Yield each part; a part that cannot be had is logged and counted into *read_counts*.

        A downloaded file is deleted when the next one is asked for, unless *keep* was given.
        """

        async def fetch(wanted: _Wanted) -> PartFile | None:
            try:
                return await self._fetch(wanted)
            except (BadInventory, Unavailable) as exc:
                read_counts.note_unsettled(wanted.store.name(wanted.part.key), MISSING_PART)
                log.error("inventory_part_missing", error=str(exc))
                return None

        files = map_ordered(fetch, as_stream(self._wanted), limit=_PARTS_AT_HAND)
        async with aclosing(files):
            async for file in files:
                if file is None:
                    continue
                yield file
                if not self._keep and file.path.parent == self._folder:
                    file.path.unlink(missing_ok=True)

    async def _fetch(self, wanted: _Wanted) -> PartFile:
        path = await fetch_part(wanted.store, wanted.manifest, wanted.part, self._folder)
        name = wanted.store.name(wanted.part.key)
        manifest = wanted.manifest
        columns = None if manifest.is_report else find_columns(manifest.columns)
        return PartFile(path, name, columns, manifest)


def default_sources(settings: Settings) -> list[str]:
    """Return the folders of the inventories that *settings* name."""
    return [inventory_address(settings.inventories_url, name) for name in settings.inventories]


@asynccontextmanager
async def open_inventories(
    sources: Sequence[str], settings: Settings, fetcher: Fetcher, read_counts: ReadCounts
) -> AsyncIterator[Inventories]:
    """Read the manifests of *sources*, so that what cannot work is known at once.

    Args:
        sources: manifests, or folders that hold them or dated folders.
        settings: where downloads go, and how patient to be.
        fetcher: for ``https://`` addresses.
        read_counts: an inventory that cannot be had is logged and counted here.

    Raises:
        ConfigError: a folder does not exist, or cannot be made.
        BadManifest, Unavailable: none of the inventories can be had.
    """
    async with AsyncExitStack() as stack:
        manifests: list[Manifest] = []
        wanted: list[_Wanted] = []
        problem: BuildhubError | None = None
        for address in sources:
            source = locate(address)
            store = await stack.enter_async_context(open_store(source.root, fetcher, settings))
            try:
                manifest = await read_manifest(store, source.key)
            except ConfigError:
                raise
            except BuildhubError as exc:
                problem = exc
                read_counts.note_unsettled(address, MISSING_INVENTORY)
                log.error("inventory_missing", error=str(exc))
                continue
            name, count = store.name(manifest.key), len(manifest.parts)
            log.info("inventory_found", manifest=name, part_count=count)
            manifests.append(manifest)
            wanted += [_Wanted(store, manifest, part) for part in manifest.parts]
        if not wanted and problem:
            raise problem
        keep = settings.csv_download_directory
        folder = keep or stack.enter_context(temporary_folder())
        _make_folder(folder)
        yield Inventories(manifests, wanted, folder, keep=keep is not None)


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        message = f"CSV_DOWNLOAD_DIRECTORY {folder}: cannot be made ({exc.strerror})"
        raise ConfigError(message) from exc
