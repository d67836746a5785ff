"""Which builds use a metadata file: the folders they are in, from the path of the file.

The inverse of :mod:`buildhub.rules.metadata_paths`, which has the last word on each build, so that
the two cannot disagree. The path does not show which locales and repackaged platforms there are, so
the scope is a part of the archive to search.
"""

import re
from dataclasses import dataclass

from buildhub_schema.products import PRODUCTS_BY_FOLDER, Layout, Product

from buildhub.rules.build import Build
from buildhub.rules.files import parse_full_name
from buildhub.rules.folders import parse_nightly_folder
from buildhub.rules.metadata_paths import MULTI, REPACKAGED, info_name, metadata_paths
from buildhub.rules.platforms import archive_spelling, parse_platform
from buildhub.rules.skip_reasons import NotABuild

_CANDIDATE = re.compile(
    r"pub/(?P<product>[a-z]+)/candidates/(?P<version>[^/]+)-candidates"
    r"/build(?P<number>[1-9][0-9]{0,3})/(?:(?P<platform>[^/]+)/(?P<locale>en-US|multi)/)?(?P<name>[^/]+)"
)
_NIGHTLY = re.compile(
    r"(?P<folder>pub/(?P<product>[a-z]+)/nightly/[0-9]{4}/[0-9]{2}/(?P<dated>[^/]+)"
    r"(?P<locale>/en-US)?)/(?P<name>[^/]+)"
)
_NIGHTLY_EXTENSIONS = (".buildhub.json", ".json", ".txt")
_FUNNELCAKE = re.compile(r"funnelcake[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class MetadataScope:
    """The builds that may use one metadata file.

    Attributes:
        path: of the file.
        product: as in records.
        folders: with the builds in or below them, a slash at the end of each.
        candidate_number: of the candidate that the file belongs to, None for nightlies.
        platform: of the candidate, as folders spell it; None if the path does not contain it.
    """

    path: str
    product: str
    folders: tuple[str, ...]
    candidate_number: int | None = None
    platform: str | None = None

    def covers(self, build: Build) -> bool:
        """Return whether *build* may use this file."""
        if build.candidate_number not in (None, self.candidate_number):
            return False
        return self.path in metadata_paths(build, self.candidate_number)

    def includes_folder(self, folder: str) -> bool:
        """Return whether builds of this scope may be in or below *folder*, given by its path.

        Checks the platform in the path of a candidate or a release; nightly folders have none.
        """
        if self.candidate_number is None:
            return False
        root = next(root for root in self.folders if folder.startswith(root))
        names = folder.removeprefix(root).rstrip("/").split("/")
        if _FUNNELCAKE.fullmatch(names[0]):
            names = names[1:]
        return not names or self._has_platform(names[0])

    def _has_platform(self, folder_name: str) -> bool:
        try:
            platform = parse_platform(folder_name).name
        except NotABuild:
            return False
        plain = archive_spelling(REPACKAGED.sub("", platform))
        if self.platform is not None:
            return plain == self.platform
        return self.path.endswith(f"/{info_name(plain)}")


def find_metadata_scope(path: str) -> MetadataScope | None:
    """Return the scope of the file at *path*, None if no build uses it as metadata."""
    if not path.endswith((".json", ".txt")):
        return None
    return _find_candidate(path) or _find_nightly(path)


def _find_candidate(path: str) -> MetadataScope | None:
    found = _CANDIDATE.fullmatch(path)
    if found is None or found["product"] not in PRODUCTS_BY_FOLDER:
        return None
    product, version = PRODUCTS_BY_FOLDER[found["product"]], found["version"]
    if found["platform"] is None:
        is_metadata = found["name"].endswith("_info.txt")
    else:
        is_metadata = _is_candidate_metadata(found["name"], product, version, found["locale"])
    if not is_metadata:
        return None
    root = product.archive_path
    candidates = f"{root}candidates/{version}-candidates/build{found['number']}/"
    return MetadataScope(
        path,
        product.name,
        (candidates, f"{root}releases/{version}/"),
        int(found["number"]),
        found["platform"],
    )


def _is_candidate_metadata(name: str, product: Product, version: str, locale: str) -> bool:
    """Return whether a file name is that of metadata; ``….mozinfo.json`` is not."""
    if locale == MULTI and product.layout is not Layout.FENNEC:
        return False
    if name == "buildhub.json":
        return True
    start, _, _ = name.rpartition(".")
    stem = f"{product.file_prefix}-{version}"
    if product.layout is Layout.FENNEC:
        rest = start.removeprefix(f"{stem}.{locale}.")
        return rest != start and "." not in rest
    return start == stem


def _find_nightly(path: str) -> MetadataScope | None:
    found = _NIGHTLY.fullmatch(path)
    if found is None or found["product"] not in PRODUCTS_BY_FOLDER:
        return None
    product = PRODUCTS_BY_FOLDER[found["product"]]
    extension = next(each for each in _NIGHTLY_EXTENSIONS if path.endswith(each))
    try:
        parse_nightly_folder(found["dated"])
        parse_full_name(found["name"], extension, product.file_prefix)
    except NotABuild:
        return None
    folder = found["folder"]
    other_locales = () if found["locale"] else (f"{folder}-l10n/",)
    return MetadataScope(path, product.name, (f"{folder}/", *other_locales))
