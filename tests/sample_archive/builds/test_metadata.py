"""Metadata: the forms that each time had, and that all forms of one run agree."""

import json
import re
from datetime import datetime

import pytest
from buildhub_sample_archive import SampleArchive
from buildhub_sample_archive.builds.history import releases
from buildhub_sample_archive.objects import File, Folder, describe

ARCHIVE = SampleArchive("full")


def read(path: str) -> str:
    found = ARCHIVE.find(path)
    assert isinstance(found, File), path
    assert found.body is not None, path
    return found.body().decode()


def candidate(product: str, version: str, attempt: int, rest: str) -> str:
    return read(f"pub/{product}/candidates/{version}-candidates/build{attempt}/{rest}")


@pytest.mark.parametrize(
    ("product", "version", "attempts", "channel", "repository"),
    [
        ("firefox", "53.0b9", 1, "beta", "MOZ_SOURCE_REPO=https://hg.mozilla.org/releases/mozilla-beta"),
        ("firefox", "56.0b12", 1, "beta", "MOZ_SOURCE_REPO=https://hg.mozilla.org/releases/mozilla-beta"),
        ("firefox", "60.2.0esr", 2, "esr", "https://hg.mozilla.org/releases/mozilla-esr60"),
        ("devedition", "59.0b1", 11, "aurora", "MOZ_SOURCE_REPO=https://hg.mozilla.org/releases/mozilla-beta"),
        ("thunderbird", "56.0b4", 14, "beta", "MOZ_SOURCE_REPO=https://hg.mozilla.org/releases/comm-beta"),
    ],
)  # fmt: skip
def test_a_candidate_names_its_channel_and_source(
    product: str, version: str, attempts: int, channel: str, repository: str
) -> None:
    prefix = "firefox" if product == "devedition" else product
    found = json.loads(
        candidate(product, version, attempts, f"linux-x86_64/en-US/{prefix}-{version}.json")
    )
    assert found["moz_update_channel"] == channel
    assert found["moz_source_repo"] == repository
    assert re.fullmatch(r"[0-9a-f]{40}", found["moz_source_stamp"])
    assert found["moz_app_version"] == version.removesuffix("esr").partition("b")[0]


def test_a_beta_has_one_build_id_for_all_platforms_and_forms() -> None:
    start = ("firefox", "62.0b9", 1)
    build_ids = set()
    for platform, info in {"win32": "win32", "linux-x86_64": "linux64", "mac": "macosx64"}.items():
        build_ids.add(
            json.loads(candidate(*start, f"{platform}/en-US/firefox-62.0b9.json"))["buildid"]
        )
        build_ids.add(candidate(*start, f"{platform}/en-US/firefox-62.0b9.txt").split()[0])
        ready = json.loads(candidate(*start, f"{platform}/en-US/buildhub.json"))
        build_ids.add(ready["build"]["id"])
        build_ids.add(re.sub(r"\D", "", ready["build"]["date"]))
        build_ids.add(
            candidate(*start, f"{info}_info.txt").splitlines()[0].removeprefix("buildID=")
        )
    assert len(build_ids) == 1


def test_build_ids_come_in_order_and_before_the_day_of_release() -> None:
    for release in releases():
        if release.attempts < 3 or release.product not in ("firefox", "thunderbird"):
            continue
        if release.day.year < 2014:
            continue
        name = f"win32/en-US/{release.product}-{release.version}.txt"
        ids = [
            candidate(release.product, release.version, attempt, name).split()[0]
            for attempt in range(1, release.attempts + 1)
        ]
        assert ids == sorted(set(ids)), release.key
        assert ids[-1] < f"{release.day:%Y%m%d}000000", release.key


def test_buildhub_json_describes_the_build_in_its_folder() -> None:
    folder = "pub/firefox/candidates/70.0-candidates/build2/win64/en-US/"
    ready = json.loads(read(f"{folder}buildhub.json"))
    build = ARCHIVE.find(f"{folder}Firefox Setup 70.0.exe")
    assert isinstance(build, File)
    facts = describe(f"{folder}Firefox Setup 70.0.exe", build)
    assert ready["download"] == {
        "date": f"{facts.modified}.032307+00:00",
        "mimetype": "application/octet-stream",
        "size": facts.size,
        "url": f"https://archive.mozilla.org/{folder}Firefox%20Setup%2070.0.exe",
    }
    assert ready["target"] == {
        "channel": "release",
        "locale": "en-US",
        "os": "win",
        "platform": "win64",
        "version": "70.0",
    }
    assert ready["source"]["tree"] == "mozilla-release"


REVISION = r"rev/[0-9a-f]{12}"
CENTRAL = rf"://hg\.mozilla\.org/mozilla-central/{REVISION}"
COMM = rf"://hg\.mozilla\.org/comm-central/{REVISION}"


@pytest.mark.parametrize(
    ("month", "ending", "shape"),
    [
        ("firefox/nightly/2010/03", "linux-i686.txt", r"\d{14} [0-9a-f]{12}\n"),
        ("firefox/nightly/2010/03", "win32.txt", r"\d{14} [0-9a-f]{12}\r\n"),
        ("firefox/nightly/2013/03", "mac.txt", rf"\d{{14}}\nhttp{CENTRAL}\n"),
        ("firefox/nightly/2018/03", "win64.txt", rf"\d{{14}}\r\nhttps{CENTRAL}\r\n"),
        ("thunderbird/nightly/2018/03", "mac.txt", rf"\d{{14}}\nhttps{COMM}\nhttps{CENTRAL}\n"),
    ],
)
def test_the_text_of_a_nightly_has_the_shape_of_its_time(
    month: str, ending: str, shape: str
) -> None:
    assert re.fullmatch(shape, read(nightly_file(month, f"en-US.{ending}")))


@pytest.mark.parametrize(
    ("month", "endings"),
    [
        ("2009/03", set()),
        ("2010/03", {"txt"}),
        ("2013/03", {"txt", "json"}),
        ("2019/03", {"txt", "json", "buildhub.json"}),
    ],
)
def test_nightlies_have_the_forms_of_their_time(month: str, endings: set[str]) -> None:
    build = nightly_file(f"firefox/nightly/{month}", "en-US.linux-x86_64.tar.bz2", "i686.tar.bz2")
    base = build.removesuffix(".tar.bz2")
    found = {name for name in ("txt", "json", "buildhub.json") if ARCHIVE.find(f"{base}.{name}")}
    assert found == endings


def test_a_nightly_has_the_build_id_of_its_folder() -> None:
    path = nightly_file("firefox/nightly/2019/03", "en-US.win64.json")
    folder = path.split("/")[5]
    found = json.loads(read(path))
    assert found["buildid"] == "".join(folder.split("-")[:6])
    assert datetime.strptime(found["buildid"], "%Y%m%d%H%M%S")  # noqa: DTZ007


def test_one_version_has_candidates_without_metadata() -> None:
    folder = ARCHIVE.find("pub/firefox/candidates/47.0.1-candidates/build1/")
    assert isinstance(folder, Folder)
    assert set(folder.folders) == {"update"}
    assert {file.name for file in folder.files} == {"SHA256SUMS", "SHA512SUMS"}


def nightly_file(month: str, *endings: str) -> str:
    """Return the path of the first file of the month, in a central folder, that ends so."""
    return next(
        made.path
        for made in ARCHIVE.iter_objects(f"pub/{month}/")
        if made.path.endswith(endings) and "-central/" in made.path
    )
