"""Where each field of a record comes from: a source in the archive, or a rule."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from buildhub_schema.products import PRODUCTS_BY_NAME

from buildhub.rules.build import Build
from buildhub.rules.metadata import Metadata
from buildhub.rules.metadata_paths import REPACKAGED, candidates_folder
from buildhub.rules.records import CHANNELS, is_esr_candidate
from buildhub.rules.walkable_folders import products_of

_LAST_CANDIDATE = "the highest number, which became the release"

PATH, FILE, FOLDER, METADATA, RULE = "path", "file", "folder", "metadata", "rule"
"""Sources of a field: the path of the build, the headers of the file, the listing of a folder, a
metadata file, or a rule that infers it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        kind: one of the above.
        where: path of the metadata file or the folder; "" for the build's own path.
        why: the rule in words, or which build the metadata is of; "" if there is nothing to say.
    """

    kind: str
    where: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a record, its value, and where it comes from."""

    field: str
    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Sources:
    build: Build
    metadata: Metadata


def explain(record: Mapping[str, Any], build: Build, metadata: Metadata | None) -> list[Fact]:
    """Return the fields of *record*, in order, each with its origin.

    Args:
        record: from :func:`buildhub.rules.records.build_record`.
        build, metadata: that it was built from.
    """
    sources = _Sources(build, metadata or Metadata())
    return [Fact(name, value, _ORIGINS[name](sources)) for name, value in _iter_fields(record)]


def _iter_fields(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{leaf}", below) for leaf, below in value.items())
        else:
            yield name, value


def _always(origin: Origin) -> Callable[[_Sources], Origin]:
    return lambda sources: origin


def _from_metadata(sources: _Sources) -> Origin:
    return Origin(METADATA, sources.metadata.path or "", "; ".join(_whose_metadata(sources)))


def _whose_metadata(sources: _Sources) -> Iterator[str]:
    """Yield which other build the metadata is of, if it is."""
    build = sources.build
    is_repack = "funnelcake" in build.version or REPACKAGED.search(build.platform)
    if build.locale not in ("en-US", "multi") or is_repack:
        yield "of the platform's en-US build (on Android: multi-locale), which it was made from"
    if build.nightly_folder is None and build.candidate_number is None:
        yield "of the candidate with the highest number, which became the release"


def _record_id(sources: _Sources) -> Origin:
    return Origin(RULE, why="product, channel, version, platform and locale of the path")


def _product(sources: _Sources) -> Origin:
    product = PRODUCTS_BY_NAME[sources.build.product]
    if product.archive_folder == product.name:
        return Origin(PATH)
    if len(products_of(product.archive_path)) > 1:
        return Origin(RULE, why=f"the name of the file begins with {product.file_prefix}-")
    return Origin(RULE, why=f"the folder {product.archive_folder}/ holds {product.name}")


def _version(sources: _Sources) -> Origin:
    if sources.build.candidate_number is None:
        return Origin(PATH)
    return Origin(
        RULE, why=f"build{sources.build.candidate_number}/ of {sources.build.base_version}"
    )


def _channel(sources: _Sources) -> Origin:
    if sources.metadata.channel in CHANNELS:
        return _from_metadata(sources)
    if is_esr_candidate(sources.build):
        return Origin(RULE, why="the version of the candidate ends in esr")
    unknown = sources.metadata.channel
    ignored = f"; the metadata's {unknown!r} is not one of Mozilla's channels" if unknown else ""
    if sources.build.nightly_folder is not None:
        return Origin(
            RULE, why=f"the folder {sources.build.nightly_folder}/ is a nightly's{ignored}"
        )
    return Origin(RULE, why=f"the form of the version {sources.build.base_version}{ignored}")


def _build_id(sources: _Sources) -> Origin:
    if sources.metadata.build_id is not None:
        return _from_metadata(sources)
    if sources.build.nightly_folder is not None:
        return Origin(RULE, why=f"the date of the folder {sources.build.nightly_folder}/")
    if sources.build.candidate_number is not None:
        return Origin(PATH)
    return Origin(FOLDER, candidates_folder(sources.build) or "", _LAST_CANDIDATE)


def _number(sources: _Sources) -> Origin:
    if sources.build.candidate_number is not None:
        return Origin(PATH)
    folder = candidates_folder(sources.build) or ""
    return Origin(FOLDER, folder, _LAST_CANDIDATE)


def _repository(sources: _Sources) -> Origin:
    if not sources.metadata.repository_assumed:
        return _from_metadata(sources)
    why = "the metadata names a revision only; the repository of the branch in the path is assumed"
    return Origin(RULE, sources.metadata.path or "", why)


_ORIGINS: dict[str, Callable[[_Sources], Origin]] = {
    "id": _record_id,
    "source.product": _product,
    "source.tree": _always(Origin(RULE, why="what follows the host in source.repository")),
    "source.revision": _from_metadata,
    "source.repository": _repository,
    "target.version": _version,
    "target.locale": _always(Origin(PATH)),
    "target.channel": _channel,
    "target.platform": _always(Origin(PATH)),
    "target.os": _always(Origin(RULE, why="the family of target.platform")),
    "target.candidate": _always(Origin(PATH)),
    "build.id": _build_id,
    "build.date": _always(Origin(RULE, why="the digits of build.id, taken as UTC")),
    "build.number": _number,
    **dict.fromkeys(
        ("build.as", "build.ld", "build.cc", "build.cxx", "build.host", "build.target"),
        _from_metadata,
    ),
    "download.url": _always(Origin(PATH)),
    "download.size": _always(Origin(FILE, why="Content-Length")),
    "download.mimetype": _always(Origin(RULE, why="the ending of the file's name")),
    "download.date": _always(Origin(FILE, why="Last-Modified")),
    "download.md5": _always(Origin(FILE, why="as the listing has it")),
    "download.expires": _always(Origin(FILE, why="as the listing has it")),
}
