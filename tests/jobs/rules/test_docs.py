"""The page that explains the rules has all of them, word for word."""

from pathlib import Path

import pytest
from buildhub.rules.precedence import RULES
from buildhub.rules.skip_reasons import SkipReason

from tests.jobs.rules.test_record_id import DOCUMENTED

PAGE = (Path(__file__).parents[3] / "docs" / "explanation" / "paths.rst").read_text()


@pytest.mark.parametrize("reason", SkipReason, ids=lambda reason: reason.value)
def test_the_page_gives_every_reason(reason):
    assert f"   * - ``{reason.value}``\n     - {reason.sentence}\n" in PAGE


def test_the_page_gives_the_rules_for_conflicts_in_their_order():
    assert "\n".join(f"#. {rule.sentence}" for rule in RULES) in PAGE


@pytest.mark.parametrize("record_id", [record_id for _, record_id in DOCUMENTED])
def test_the_page_gives_every_documented_id(record_id):
    assert f"``{record_id}``" in PAGE
