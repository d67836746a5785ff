"""The server's JSON as values of the client."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson

from buildhub.client.errors import BrokenAnswer
from buildhub.client.exchange import Answer
from buildhub.client.values import (
    Change,
    ChannelCoverage,
    Coverage,
    Download,
    Found,
    Published,
    Record,
    Source,
    Target,
    Term,
    Toolchain,
    Version,
)

_REFUSED = ("invalid", "forbidden")

_TOOLCHAIN = {
    "assembler": "as",
    "linker": "ld",
    "c_compiler": "cc",
    "cxx_compiler": "cxx",
    **{name: name for name in ("id", "number", "host", "target")},
}


def parse_record(data: Mapping[str, Any]) -> Record:
    """Return a record.

    Raises:
        KeyError: a required field is missing; parts of records are no records.
    """
    source, target, download = data["source"], data["target"], data["download"]
    build = data.get("build", {})
    return Record(
        id=data["id"],
        last_modified=data["last_modified"],
        source=Source(
            source["product"],
            source.get("tree"),
            source.get("revision"),
            source.get("repository"),
        ),
        target=Target(
            Version(target["version"]),
            target["locale"],
            target["channel"],
            target["platform"],
            target.get("os"),
            target.get("candidate"),
        ),
        build=Toolchain(
            date=parse_moment(build.get("date")),
            **{name: build.get(key) for name, key in _TOOLCHAIN.items()},
        ),
        download=Download(
            download["url"],
            download["size"],
            download["mimetype"],
            datetime.fromisoformat(download["date"]),
        ),
        data=data,
    )


def parse_change(data: Mapping[str, Any]) -> Change:
    """Return a record, or the tombstone of a deleted one, as a change."""
    record = None if data.get("deleted") else parse_record(data)
    return Change(data["id"], data["last_modified"], record)


def parse_found(data: Mapping[str, Any]) -> Found:
    """Return what the catalogue's page found."""
    return Found(
        data["total"],
        tuple(map(parse_record, data["records"])),
        tuple(
            Term(each["text"], each["label"], each["value"], each["excluded"], each["hint"])
            for each in data["terms"]
        ),
        parse_moment(data["complete_until"]),
    )


def parse_published(answer: Answer) -> Published:
    """Return what a bulk answer says became of the records.

    Raises:
        BrokenAnswer: it breaks off.
    """
    lines = [orjson.loads(line) for line in answer.body.splitlines()]
    if not lines or "summary" not in lines[-1]:
        raise BrokenAnswer(f"{answer.url}: the answer broke off after {len(lines)} lines")
    counts = Counter(each["status"] for each in lines[:-1])
    refused = {each["id"]: each["error"] for each in lines[:-1] if each["status"] in _REFUSED}
    return Published(
        counts["created"],
        counts["updated"],
        counts["unchanged"],
        sum(counts[each] for each in _REFUSED),
        refused,
    )


def parse_coverage(data: Mapping[str, Any]) -> Coverage:
    """Return the coverage that the endpoint of that name answers."""
    return Coverage(
        parse_moment(data["complete_until"]),
        tuple(
            ChannelCoverage(
                each["product"],
                each["channel"],
                parse_moment(each["complete_until"]),
                (each.get("gaps") or {}).get("count", 0),
            )
            for each in data["channels"]
        ),
    )


def parse_moment(text: str | None) -> datetime | None:
    """Return a time such as ``2017-05-03T13:27:42Z``; None for None."""
    return None if text is None else datetime.fromisoformat(text)
