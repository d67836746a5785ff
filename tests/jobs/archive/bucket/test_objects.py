"""Pages of a bucket's listing."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from buildhub.archive.bucket.objects import BucketFile, BucketPage, parse_page
from buildhub.errors import BadListing

ITEM = {"name": "pub/a/b.exe", "size": "12", "updated": "2026-01-02T03:04:05.678Z"}
MODIFIED = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def parse(page: Any, prefix: str = "pub/") -> BucketPage:
    body = page if isinstance(page, bytes) else json.dumps(page).encode()
    return parse_page(body, prefix=prefix, name="gs://bucket/pub/")


def item(**changes: Any) -> dict[str, Any]:
    return {"items": [ITEM | changes]}


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param({}, BucketPage((), (), None), id="empty"),
        pytest.param({"nextPageToken": "x"}, BucketPage((), (), "x"), id="empty-with-more"),
        pytest.param(
            {"prefixes": ["pub/a/", "pub/b/"]},
            BucketPage((), ("pub/a/", "pub/b/"), None),
            id="folders",
        ),
        pytest.param(
            item(),
            BucketPage((BucketFile("pub/a/b.exe", 12, MODIFIED, None, None),), (), None),
            id="without-hash",
        ),
        pytest.param(
            item(md5Hash="XUFAKrxLKna5cZ2REBfFkg==", customTime="2027-01-02T03:04:05+01:00"),
            BucketPage(
                (
                    BucketFile(
                        "pub/a/b.exe",
                        12,
                        MODIFIED,
                        "5d41402abc4b2a76b9719d911017c592",
                        datetime(2027, 1, 2, 2, 4, 5, tzinfo=UTC),
                    ),
                ),
                (),
                None,
            ),
            id="with-everything",
        ),
    ],
)
def test_a_page_is_read(page: Any, expected: BucketPage) -> None:
    assert parse(page) == expected


@pytest.mark.parametrize(
    ("page", "message"),
    [
        pytest.param(b"<html>", "expected JSON, got b'<html>'", id="html"),
        pytest.param([], "expected an object, got []", id="list"),
        pytest.param({"items": [1]}, "int", id="item-is-a-number"),
        pytest.param({"items": 1}, "int", id="items-is-a-number"),
        pytest.param({"items": [{"name": "pub/x"}]}, "lacks 'size'", id="no-size"),
        pytest.param(item(size=12), "expected text, got 12", id="size-is-a-number"),
        pytest.param(item(size="53M"), "size '53M': expected a number of bytes", id="rounded"),
        pytest.param(item(updated="now"), "'now': expected a moment", id="no-moment"),
        pytest.param(item(md5Hash="YWJj"), "md5Hash 'YWJj': expected 16 bytes", id="short-hash"),
        pytest.param(item(md5Hash="?"), "base64", id="no-base64"),
        pytest.param(item(customTime=None), "expected text, got None", id="no-custom-time"),
        pytest.param(item(name="pub/" + "a" * 1024), "longer than 1024 bytes", id="long-name"),
        pytest.param(item(name="other/x"), "expected one that starts with 'pub/'", id="elsewhere"),
        pytest.param({"items": [ITEM, ITEM]}, "expected one behind 'pub/a/b.exe'", id="twice"),
        pytest.param({"prefixes": ["pub/b/", "pub/a/"]}, "expected one behind", id="backwards"),
        pytest.param({"nextPageToken": 7}, "expected text, got 7", id="token-is-a-number"),
    ],
)
def test_what_is_no_page_is_named(page: Any, message: str) -> None:
    with pytest.raises(BadListing, match="listing gs://bucket/pub/: ") as raised:
        parse(page)
    assert message in str(raised.value)
