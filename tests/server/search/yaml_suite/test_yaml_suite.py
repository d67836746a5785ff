"""Elasticsearch's own YAML tests: what comes of them, all in one run."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import webtest

from tests.requirements import require
from tests.server.search.yaml_suite.conftest import SUMMARY
from tests.server.search.yaml_suite.expected_failures import EXPECTED_FAILURES
from tests.server.search.yaml_suite.outcomes import NOT_APPLICABLE, REFUSED, Outcome, Result
from tests.server.search.yaml_suite.runner import run
from tests.server.search.yaml_suite.servers import KIND, MEMORY, Collections, Elasticsearch
from tests.server.search.yaml_suite.spec import YamlTest, iter_tests
from tests.stand_ins.search_servers import ServerMissing, running

# The suite runs once, in the first test.
pytestmark = pytest.mark.timeout(1800)

PAGE = Path(__file__).parents[4] / "docs" / "api" / "search.rst"


@pytest.fixture(scope="session")
def genuine() -> Iterator[Elasticsearch]:
    """A genuine server."""
    try:
        with running(KIND, parent=MEMORY) as server:
            yield Elasticsearch(server.url)
    except ServerMissing as exc:
        require(False, f"{KIND} cannot be started: {exc}")


@pytest.fixture(scope="session")
def outcomes(genuine: Elasticsearch, search_app: webtest.TestApp) -> list[tuple[YamlTest, Outcome]]:
    """What comes of each test."""
    try:
        tests = list(iter_tests())
    except ServerMissing as exc:
        require(False, f"the suite cannot be fetched: {exc}")
    collections = Collections(search_app, genuine)
    return [(test, run(test, genuine, collections)) for test in tests]


@pytest.mark.parametrize("result", [Result.SILENT, Result.WRONG, Result.SERVER_ERROR])
def test_no_answer_is_worse_than_expected(
    outcomes: list[tuple[YamlTest, Outcome]], result: Result
) -> None:
    unexpected = [
        f"{test}: {outcome.why}"
        for test, outcome in outcomes
        if outcome.result is result and str(test) not in EXPECTED_FAILURES
    ]
    assert not unexpected, "\n".join(unexpected)


def test_each_expected_failure_still_fails(outcomes: list[tuple[YamlTest, Outcome]]) -> None:
    """A row of something that has been mended must go."""
    failing = {str(test) for test, outcome in outcomes if outcome.result >= Result.SILENT}
    assert [name for name in EXPECTED_FAILURES if name not in failing] == []


def test_most_tests_that_apply_pass(
    outcomes: list[tuple[YamlTest, Outcome]], record_property: Callable[[str, object], None]
) -> None:
    counts = Counter(outcome.result for _, outcome in outcomes)
    record_property(SUMMARY, ", ".join(f"{result.label}: {counts[result]}" for result in Result))
    assert counts[Result.PASS] > 150, counts


def test_each_refusal_is_documented() -> None:
    text = " ".join(PAGE.read_text().split())
    assert [row.documented for row in REFUSED if row.documented not in text] == []


def test_each_row_of_what_is_not_applicable_is_needed(
    outcomes: list[tuple[YamlTest, Outcome]],
) -> None:
    reasons = {outcome.why for _, outcome in outcomes if outcome.result is Result.NOT_APPLICABLE}
    assert [row for row in NOT_APPLICABLE if row.why not in reasons] == []
