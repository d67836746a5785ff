"""``buildhub export --layout static``: the tree beside the server that it stands in for."""

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import webtest

from tests.conftest import make_record, serving
from tests.jobs.export.exporting import export, publish
from tests.jobs.served_catalogue import Place
from tests.server.catalog.apps import catalogue_app
from tests.server.latest.builds import make_builds


@pytest.fixture(scope="module")
def served(
    make_app: Callable[..., webtest.TestApp], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Place]:
    """A catalogue whose newest builds are not those that were built last."""
    folder = tmp_path_factory.mktemp("static")
    with catalogue_app(make_app, folder, make_builds()) as app, serving(app.app) as url:
        yield Place(url, *app.app.registry.buildhub_catalog_collection)


@pytest.fixture(scope="module")
def tree(served: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exports")
    done = export(served, folder, "--layout", "static")
    assert done.exit_code == 0, done.output
    return folder / "static" / "latest"


def content(tree: Path, *names: str) -> Any:
    return json.loads(tree.joinpath(*names).read_bytes())


def latest(served: Place, *names: str) -> Any:
    answer = requests.get("/".join((served.url, "latest", *names)), timeout=30)
    answer.raise_for_status()
    return answer.json()["data"]


def test_newest_builds_are_those_of_the_server(served: Place, tree: Path) -> None:
    expected = latest(served)
    products = content(tree, "products.json")["products"]
    assert products.keys() == expected.keys()
    for product, channels in expected.items():
        found = content(tree, products[product]["latest"])["channels"]
        assert found.keys() == channels.keys()
        for channel, newest in channels.items():
            assert found[channel]["version"] == newest["version"]
            assert found[channel]["build_id"] == newest["build_id"]
            platforms = content(tree, product, found[channel]["file"])["platforms"]
            assert cells(platforms, lambda each: (each["id"], each["url"])) == cells(
                latest(served, product, channel),
                lambda each: (each["record"]["id"], each["url"]),
            )


def cells(platforms: Any, value: Callable[[Any], Any]) -> dict[tuple[str, str], Any]:
    return {
        (platform, locale): value(each)
        for platform, locales in platforms.items()
        for locale, each in locales.items()
    }


@pytest.mark.parametrize(
    ("name", "version"),
    [
        pytest.param("release-win64-fr", "54.0", id="not-what-was-built-last"),
        pytest.param("beta-win64-fr", "55.0b10", id="ten-is-more-than-nine"),
        pytest.param("esr-win64-fr", "45.9.0esr", id="esr"),
        pytest.param("esr-next-win64-fr", "52.1.0esr", id="esr-next"),
    ],
)
def test_a_text_has_the_encoded_address(tree: Path, name: str, version: str) -> None:
    text = (tree / "firefox" / f"latest-{name}.txt").read_text()
    folder = f"https://archive.mozilla.org/pub/firefox/releases/{version}/win64/fr"
    assert text == f"{folder}/Firefox%20Setup%20{version}.exe\n"


def test_known_versions_are_all_in_their_order_with_files_of_their_builds(tree: Path) -> None:
    known = content(tree, "firefox", "known-versions.json")["versions"]
    versions = [each["version"] for each in known]
    assert versions[:3] == ["45.5.0esr", "45.7.0esr", "45.8.0esr"]
    assert versions.index("55.0b9") < versions.index("55.0b10") < versions.index("60.0rc1")
    assert {each["version"]: each.get("candidate") for each in known}["60.0rc1"] == 1
    ids = set()
    for each in known:
        builds = content(tree, "firefox", each["file"])["builds"]
        assert {build["build_id"] for build in builds if "build_id" in build} == set(
            each["build_ids"]
        )
        downloads = [download for build in builds for download in build["downloads"]]
        assert len(downloads) == each["count"]
        ids |= {download["id"] for download in downloads}
    assert ids == {each["id"] for each in make_builds() if each["source"]["product"] == "firefox"}


def test_metadata_and_checksums_name_every_file(tree: Path) -> None:
    metadata = content(tree, "metadata.json")
    assert (metadata["layout"], metadata["count"]) == ("static", len(make_builds()))
    sums = dict(
        reversed(line.split("  ")) for line in (tree / "SHA256SUMS").read_text().splitlines()
    )
    files = {str(each.relative_to(tree)) for each in tree.rglob("*") if each.is_file()}
    assert sums.keys() == files - {"SHA256SUMS"}
    assert metadata["files"].keys() == files - {"SHA256SUMS", "metadata.json"}
    for name, digest in sums.items():
        assert hashlib.sha256((tree / name).read_bytes()).hexdigest() == digest


def test_two_trees_of_one_snapshot_are_equal_byte_for_byte(
    served: Place, tree: Path, tmp_path: Path
) -> None:
    export(served, tmp_path, "--layout", "static")
    assert contents(tmp_path / "static" / "latest") == contents(tree)


def contents(tree: Path) -> dict[str, bytes]:
    return {
        str(each.relative_to(tree)): each.read_bytes() for each in tree.rglob("*") if each.is_file()
    }


HOSTILE = [
    make_record(id="a", target__version="../../../../escaped", target__locale="../x"),
    make_record(id="b", target__version="..", target__channel="versions"),
    make_record(id="c", target__version="\u202e\n", target__platform="win/../..", build=None),
    make_record(id="d", target__version="", target__locale="", target__channel="latest.json"),
    make_record(id="e", target__version="1" * 3000, target__platform="é" * 3000),
    make_record(id="f", download__url="file:///etc/passwd", target__channel="file"),
    make_record(id="g", download__url="https://x/\r\nb c", target__channel="lines"),
    # Two texts would have one name.
    make_record(id="h", target__channel="x-y", target__platform="z"),
    make_record(id="i", target__channel="x", target__platform="y-z"),
]


def test_hostile_values_are_in_the_tree_and_nowhere_else(place: Place, tmp_path: Path) -> None:
    publish(place, *HOSTILE)
    done = export(place, tmp_path / "exports", "--layout", "static")
    assert done.exit_code == 0, done.output
    assert [each.name for each in tmp_path.iterdir()] == ["exports"]
    tree = tmp_path / "exports" / "static" / "latest" / "firefox"
    texts = {each.name: each.read_text() for each in tree.glob("*.txt")}
    assert not [name for name in texts if name.startswith("latest-file")]
    assert texts["latest-lines-linux-x86_64-fr.txt"] == "https://x/%0D%0Ab%20c\n"
    assert {"latest-x-y-z-fr.txt", "latest-x~2Dy-z-fr.txt"} <= texts.keys()
    known = content(tree, "known-versions.json")["versions"]
    ids = {
        download["id"]
        for version in known
        for build in content(tree, version["file"])["builds"]
        for download in build["downloads"]
    }
    assert ids == {each["id"] for each in HOSTILE}
    channels = content(tree, "latest.json")["channels"]
    assert channels.keys() == {each["target"]["channel"] for each in HOSTILE}
    for name, channel in channels.items():
        assert content(tree, channel["file"])["channel"] == name


def test_a_tree_and_records_are_kept_apart(place: Place, tmp_path: Path) -> None:
    publish(place, make_record())
    export(place, tmp_path)
    export(place, tmp_path, "--layout", "static")
    assert (tmp_path / "latest" / "builds.ndjson.gz").exists()
    assert (tmp_path / "static" / "latest" / "products.json").exists()
    export(place, tmp_path)
    assert (tmp_path / "static" / "latest" / "products.json").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(("-f", "csv"), "has no format csv: none, so leave --format out", id="format"),
        pytest.param(("--changes",), "--changes is of whole records", id="changes"),
    ],
)
def test_what_a_tree_cannot_be_is_refused(
    place: Place, tmp_path: Path, arguments: tuple[str, ...], message: str
) -> None:
    refused = export(place, tmp_path, "--layout", "static", *arguments)
    assert (refused.exit_code, message in refused.output) == (2, True)
    assert not list(tmp_path.iterdir())


def test_an_empty_catalogue_is_an_empty_tree(place: Place, tmp_path: Path) -> None:
    assert export(place, tmp_path, "--layout", "static").exit_code == 0
    assert content(tmp_path / "static" / "latest", "products.json")["products"] == {}
