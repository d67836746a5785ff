"""The metadata files, in the forms of their time. All files of one run agree with each other."""

import json
from collections.abc import Callable
from datetime import date
from functools import partial

from buildhub_sample_archive import made_up
from buildhub_sample_archive.builds.runs import BuildRun
from buildhub_sample_archive.builds.toolchains import toolchain_of
from buildhub_sample_archive.objects import File, describe

Body = Callable[[], bytes]

TXT_SINCE = date(2010, 1, 1)
JSON_SINCE = date(2012, 1, 1)
CANDIDATE_JSON_SINCE = date(2014, 1, 1)
BUILDHUB_JSON_SINCE = date(2018, 6, 1)

_TWO_LINE_TXT_SINCE = date(2011, 6, 1)
_PREFIXED_REPOSITORY = (date(2015, 1, 1), date(2018, 6, 1))
"""In these years the repository in the JSON starts with the name of a variable."""
_ALIASES_UNTIL = date(2017, 9, 1)


def json_body(run: BuildRun) -> Body:
    """Return a function that makes ``firefox-56.0b12.json``."""
    return partial(_json, run)


def txt_body(run: BuildRun) -> Body:
    """Return a function that makes ``firefox-56.0b12.txt``; on Windows its lines end in CRLF."""
    return partial(_txt, run)


def buildhub_json_body(run: BuildRun, locale: str, path: str, build: File) -> Body:
    """Return a function that makes ``buildhub.json`` of the *build* in *locale* at *path*."""
    return partial(_buildhub_json, run, locale, path, build)


def info_body(run: BuildRun) -> Body:
    """Return a function that makes ``linux64_info.txt``."""
    return lambda: f"buildID={run.build_id}\nsampleData={made_up.LABEL}\n".encode()


def other_json_body(run: BuildRun, about: str) -> Body:
    """Return a function that makes a JSON file that is not metadata, as ``….mozinfo.json``."""
    return lambda: json.dumps({"about": about, "processor": run.platform}).encode() + b"\n"


def _json(run: BuildRun) -> bytes:
    day = run.moment.date()
    tools = toolchain_of(run.platform)
    since, until = _PREFIXED_REPOSITORY
    repository = f"MOZ_SOURCE_REPO={run.repository}" if since <= day < until else run.repository
    suffix = "_alias" if day < _ALIASES_UNTIL else ""
    fields = {
        "as": tools.as_,
        "buildid": run.build_id,
        "cc": tools.cc,
        "cxx": tools.cxx,
        f"host{suffix}": tools.host,
        "ld": tools.ld,
        "moz_app_id": f"{{{run.product}@sample.invalid}}",
        "moz_app_maxversion": f"{run.app_version.partition('.')[0]}.*",
        "moz_app_name": run.product,
        "moz_app_vendor": "Mozilla",
        "moz_app_version": run.app_version,
        "moz_pkg_platform": run.platform,
        "moz_source_repo": repository,
        "moz_source_stamp": run.revision,
        "moz_update_channel": run.channel,
        f"target{suffix}": tools.target,
        "x_sample_data": made_up.LABEL,
    }
    present = {name: value for name, value in fields.items() if value}
    return json.dumps(present, indent=4, sort_keys=True).encode() + b"\n"


def _txt(run: BuildRun) -> bytes:
    if run.moment.date() < _TWO_LINE_TXT_SINCE:
        lines = [f"{run.build_id} {run.revision[:12]}"]
    else:
        lines = [run.build_id, f"{run.repository}/rev/{run.revision[:12]}"]
        if run.product == "thunderbird":
            other = made_up.revision(run.revision, "mozilla")[:12]
            lines.append(f"{run.repository.replace('comm', 'mozilla')}/rev/{other}")
    ending = "\r\n" if run.platform.startswith("win") else "\n"
    return "".join(line + ending for line in lines).encode()


def _buildhub_json(run: BuildRun, locale: str, path: str, build: File) -> bytes:
    attributes = describe(path, build)
    tools = toolchain_of(run.platform)
    platform = "macosx" if run.platform == "mac" else run.platform
    os = next(os for os in ("linux", "win", "mac", "android") if os in platform)
    document = {
        "build": {
            "as": tools.as_,
            "cc": tools.cc,
            "cxx": tools.cxx,
            "date": f"{run.moment:%Y-%m-%dT%H:%M:%SZ}",
            "host": tools.host,
            "id": run.build_id,
            "target": tools.target,
        },
        "download": {
            "date": f"{attributes.modified}.032307+00:00",
            "mimetype": "application/octet-stream",
            "size": attributes.size,
            "url": f"https://archive.mozilla.org/{path.replace(' ', '%20')}",
        },
        "source": {
            "product": run.product,
            "repository": run.repository,
            "revision": run.revision,
            "tree": run.branch.removeprefix("releases/"),
        },
        "target": {
            "channel": run.channel,
            "locale": locale,
            "os": os,
            "platform": platform,
            "version": run.version,
        },
    }
    return json.dumps(document, indent=2).encode() + b"\n"
