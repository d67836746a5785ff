"""A product more takes one row in the table of products, and nothing else."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.imports import PACKAGES

ROW = """    Product(
        "lockbox",
        "lockbox/desktop",
        "lockbox",
        templates=(
            PathTemplate("releases/{version}/lockbox-{version}.dmg", "macosx"),
            PathTemplate("candidates/{version}-candidates/build{number}/lockbox.dmg", "macosx"),
        ),
        build_id_source=BuildIdSource.NIGHTLY_FOLDER,
        other_names=("password manager",),
    ),
)

PRODUCT_NAMES"""

SHOWN = """
import json
from buildhub.audit.shipped import parse_shipped
from buildhub.rules.paths import parse_path
from buildhub.rules.walkable_folders import may_hold_builds
from buildhub.settings import read_settings
from buildhub_schema.collection import collection_metadata
from buildhub_schema.coverage import PAIRS
from kinto_buildhub.catalog.search_state.meanings.synonyms import OF_VALUES

shipped = b'{"releases": {"lockbox-2.0": {"date": "2026-08-01"}}}'
print(json.dumps({
    "builds": [parse_path(path).record_id for path in (
        "pub/lockbox/desktop/releases/2.0b1/lockbox-2.0b1.dmg",
        "pub/lockbox/desktop/candidates/2.0-candidates/build2/lockbox.dmg",
    )],
    "entered": may_hold_builds("pub/lockbox/desktop/releases/2.0/"),
    "not covered": parse_path("pub/seamonkey/releases/2.0/a.dmg").reason.sentence,
    "schema": "lockbox" in json.dumps(collection_metadata()["schema"]),
    "coverage": ("lockbox", "beta") in PAIRS,
    "default": "lockbox" in read_settings({}, {}).products,
    "shipped": len(parse_shipped(shipped, name="lockbox.json")),
    "synonym": OF_VALUES["password manager"],
}))
"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """What everything else makes of the product, in a process with a changed table."""
    root = tmp_path_factory.mktemp("schema")
    shutil.copytree(PACKAGES["buildhub_schema"] / "buildhub_schema", root / "buildhub_schema")
    table = root / "buildhub_schema" / "products.py"
    text = table.read_text()
    assert text.count(")\n\nPRODUCT_NAMES") == 1
    table.write_text(text.replace(")\n\nPRODUCT_NAMES", ROW))
    ran = subprocess.run(
        [sys.executable, "-c", SHOWN],
        env=os.environ | {"PYTHONPATH": str(root)},
        cwd=Path(root),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, object] = json.loads(ran.stdout)
    return found


EXPECTED = {
    "builds": ["lockbox_beta_2-0b1_macosx_multi", "lockbox_2-0rc2_macosx_multi"],
    "entered": True,
    "schema": True,
    "coverage": True,
    "default": True,
    "shipped": 1,
    "synonym": ["product", "lockbox"],
}


@pytest.mark.parametrize(("what", "expected"), EXPECTED.items())
def test_a_row_is_enough_for(shown: dict[str, object], what: str, expected: object) -> None:
    assert shown[what] == expected


def test_what_is_not_covered_is_told_with_the_products_that_are(shown: dict[str, object]) -> None:
    assert str(shown["not covered"]).endswith("vpn, lockbox")
