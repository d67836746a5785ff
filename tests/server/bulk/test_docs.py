"""What the page on bulk shows is what the server does."""

import json
import re
from pathlib import Path

from kinto_buildhub.bulk.records import LineStatus
from kinto_buildhub.bulk.settings import BulkSettings
from kinto_buildhub.settings import read_settings

from tests.server.bulk import post

PAGE = (Path(__file__).parents[3] / "docs" / "api" / "bulk.rst").read_text()


def block(name: str) -> list[str]:
    """Return the lines of a named code block."""
    text = PAGE.partition(f"   :name: {name}\n\n")[2].partition("\n\n")[0]
    return [line.removeprefix("   ") for line in text.splitlines()]


def test_the_example_is_answered_as_shown(app, collection_path):
    answers = post(app, collection_path, [line.encode() for line in block("request")])
    shown = [json.loads(line) for line in block("answer")]
    assert isinstance(answers[0].pop("last_modified"), int)
    assert isinstance(shown[0].pop("last_modified"), int)
    assert answers == shown


def test_each_status_is_explained():
    assert set(re.findall(r"^   \* - ``(\w+)``$", PAGE, re.MULTILINE)) == {*LineStatus}


def test_the_numbers_in_the_text_are_the_defaults():
    defaults = BulkSettings.from_values(read_settings({}, {}))
    assert f"{defaults.batch_size:,} lines or {defaults.batch_bytes // 2**20} MiB" in PAGE
