"""Where each field of a record comes from: a place in the archive, or a rule that inferred it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from buildhub.rules.build import Build
from buildhub.rules.metadata import Metadata
from buildhub.rules.metadata_paths import REPACKAGED, candidates_folder
from buildhub.rules.records import CHANNELS, is_esr_candidate

PATH, FILE, FOLDER, METADATA, RULE = "path", "file", "folder", "metadata", "rule"
"""What states a field: the build's own path, the archive about the file, the page of a folder, a
metadata file; or nothing does, and a rule infers it."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a value comes from.

    Attributes:
        kind: one of the above.
        where: path of the metadata file, or of the folder; "" where it is the build's own path.
        why: the rule in words, or whose facts these are; "" where there is nothing to add.
    """

    kind: str
    where: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Fact:
    """One field of a record, its value, and where that comes from."""

    field: str
    value: Any
    origin: Origin


@dataclass(frozen=True, slots=True)
class _Known:
    build: Build
    metadata: Metadata


def explain(record: Mapping[str, Any], build: Build, metadata: Metadata | None) -> list[Fact]:
    """Return the fields of *record*, in its order, each with its origin.

    Args:
        record: as :func:`buildhub.rules.records.build_record` made it.
        build: of the same path.
        metadata: that the record was made with.
    """
    known = _Known(build, metadata or Metadata())
    return [Fact(name, value, _ORIGINS[name](known)) for name, value in _iter_fields(record)]


def _iter_fields(record: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for name, value in record.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{leaf}", below) for leaf, below in value.items())
        else:
            yield name, value


def _stated(origin: Origin) -> Callable[[_Known], Origin]:
    return lambda known: origin


def _told(known: _Known) -> Origin:
    return Origin(METADATA, known.metadata.path or "", "; ".join(_whose(known)))


def _whose(known: _Known) -> Iterator[str]:
    """Yield why the facts are those of another build, where they are."""
    build = known.build
    is_repack = "funnelcake" in build.version or REPACKAGED.search(build.platform)
    if build.locale not in ("en-US", "multi") or is_repack:
        yield "of the platform's en-US (on Android: multi-locale) build, which it was made from"
    if build.nightly_folder is None and build.candidate_number is None:
        yield "of the candidate with the highest number, which became the release"


def _record_id(known: _Known) -> Origin:
    return Origin(RULE, why="product, channel, version, platform and locale of the path")


def _product(known: _Known) -> Origin:
    folder = known.build.path.split("/")[1]
    if folder == known.build.product:
        return Origin(PATH)
    return Origin(RULE, why=f"the folder {folder}/ holds {known.build.product}")


def _version(known: _Known) -> Origin:
    if known.build.candidate_number is None:
        return Origin(PATH)
    return Origin(RULE, why=f"build{known.build.candidate_number}/ of {known.build.base_version}")


def _channel(known: _Known) -> Origin:
    if known.metadata.channel in CHANNELS:
        return _told(known)
    if is_esr_candidate(known.build):
        return Origin(RULE, why="the version of the candidate ends in esr")
    unknown = known.metadata.channel
    ignored = f"; the metadata's {unknown!r} is no channel that people follow" if unknown else ""
    if known.build.nightly_folder is not None:
        return Origin(RULE, why=f"the folder {known.build.nightly_folder}/ is a nightly's{ignored}")
    return Origin(RULE, why=f"the form of the version {known.build.base_version}{ignored}")


def _build_id(known: _Known) -> Origin:
    if known.metadata.build_id is not None:
        return _told(known)
    return Origin(RULE, why=f"the date of the folder {known.build.nightly_folder}/")


def _number(known: _Known) -> Origin:
    if known.build.candidate_number is not None:
        return Origin(PATH)
    folder = candidates_folder(known.build) or ""
    return Origin(FOLDER, folder, "the highest number, which became the release")


def _repository(known: _Known) -> Origin:
    if not known.metadata.repository_assumed:
        return _told(known)
    why = "the metadata names a revision only; the repository of the branch in the path is assumed"
    return Origin(RULE, known.metadata.path or "", why)


_ORIGINS: dict[str, Callable[[_Known], Origin]] = {
    "id": _record_id,
    "source.product": _product,
    "source.tree": _stated(Origin(RULE, why="what follows the host in source.repository")),
    "source.revision": _told,
    "source.repository": _repository,
    "target.version": _version,
    "target.locale": _stated(Origin(PATH)),
    "target.channel": _channel,
    "target.platform": _stated(Origin(PATH)),
    "target.os": _stated(Origin(RULE, why="the family of target.platform")),
    "build.id": _build_id,
    "build.date": _stated(Origin(RULE, why="the digits of build.id, taken as UTC")),
    "build.number": _number,
    **dict.fromkeys(
        ("build.as", "build.ld", "build.cc", "build.cxx", "build.host", "build.target"), _told
    ),
    "download.url": _stated(Origin(PATH)),
    "download.size": _stated(Origin(FILE, why="Content-Length")),
    "download.mimetype": _stated(Origin(RULE, why="the ending of the file's name")),
    "download.date": _stated(Origin(FILE, why="Last-Modified")),
}
