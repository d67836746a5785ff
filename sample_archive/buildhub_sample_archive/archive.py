"""The whole archive at one size, as folders that are computed on demand."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import lru_cache, partial

from buildhub_sample_archive.builds import nightlies
from buildhub_sample_archive.builds.eras import ARCHIVE_PRODUCTS
from buildhub_sample_archive.builds.history import releases_by_folder
from buildhub_sample_archive.builds.nightlies import Run
from buildhub_sample_archive.builds.releases import (
    candidates_folder,
    has_candidates,
    release_folder,
)
from buildhub_sample_archive.objects import (
    File,
    Folder,
    MakeFolder,
    Object,
    describe_object,
    find,
    merge,
    same,
    walk,
)
from buildhub_sample_archive.quirks.quirk_folder import quirk_folder
from buildhub_sample_archive.sizes import Size, size_of

Months = dict[str, dict[str, list[Run]]]


class SampleArchive:
    """Every file of the sample at one size.

    Args:
        size: ``tiny``, ``default``, ``full``, or about how many builds.

    Raises:
        ValueError: *size* is none of these.
    """

    def __init__(self, size: str | int = "default") -> None:
        self.size: Size = size_of(size)
        self.root: Folder = merge(_generated(self.size), quirk_folder(_generated(size_of("full"))))

    def find(self, path: str) -> Folder | File | None:
        """Return the file or folder at *path*, decoded; a folder's path ends in a slash."""
        found = find(self.root, path)
        return None if isinstance(found, Folder) and found.is_empty else found

    def iter_objects(self, prefix: str = "") -> Iterator[Object]:
        """Yield every file below the folder *prefix*, in the order of keys."""
        folder = self.find(prefix)
        if isinstance(folder, Folder):
            for path, files in walk(folder, prefix):
                for file in files:
                    yield describe_object(path + file.name, file)


def iter_objects(size: str | int = "default") -> Iterator[Object]:
    """Yield every file of the sample, for tests to compare with."""
    return SampleArchive(size).iter_objects()


@lru_cache(maxsize=4)
def _generated(size: Size) -> Folder:
    """Return the archive without its quirks."""
    months = _months(size)
    root = Folder()
    for product, by_version in releases_by_folder().items():
        present = {name: release for name, release in by_version.items() if size.has(release)}
        folders: dict[str, Mapping[str, MakeFolder]] = {
            "releases": {
                name: partial(release_folder, release, size.selection(release))
                for name, release in present.items()
            },
            "candidates": {
                f"{name}-candidates": partial(candidates_folder, release, size.selection(release))
                for name, release in present.items()
                if has_candidates(release)
            },
            "nightly": _years(size, months.get(product, {})),
        }
        stages = {name: same(Folder(folders=inside)) for name, inside in folders.items() if inside}
        # Two products may share a folder, and one may have its own inside another.
        names = ("pub", *ARCHIVE_PRODUCTS.get(product, product).split("/"))
        root = merge(root, _at(names, Folder(folders=stages)))
    return root


def _at(names: tuple[str, ...], folder: Folder) -> Folder:
    """Return a folder that contains *folder* at the end of *names*."""
    for name in reversed(names):
        folder = Folder(folders={name: same(folder)})
    return folder


def _months(size: Size) -> dict[str, Months]:
    """Return the runs of each product at this size, by year and month."""
    found: dict[str, Months] = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
    for run in nightlies.runs():
        if size.has(run):
            year, month = run.month
            found[run.branch.product][year][month].append(run)
    return found


def _years(size: Size, months: Months) -> Mapping[str, MakeFolder]:
    return {
        year: same(
            Folder(
                folders={name: partial(_month, size, tuple(runs)) for name, runs in inside.items()}
            )
        )
        for year, inside in months.items()
    }


def _month(size: Size, runs: tuple[Run, ...]) -> Folder:
    folders: dict[str, MakeFolder] = {}
    for run in runs:
        folders |= nightlies.run_folders(run, size.run_locales(run))
    return Folder(folders=folders)
