"""``buildhub mcp`` as a process, asked by the public SDK's client."""

import asyncio
import inspect
import subprocess
import sys
from collections.abc import Iterable
from typing import Any

import pytest
from buildhub import AsyncBuildHub
from buildhub.agents.answers import BuildFilters
from buildhub.client.filters import Filters
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult, Tool

from tests.jobs.client.test_faults import covered, place_of
from tests.jobs.served_catalogue import LOCALES, RECORDS, Place
from tests.stand_ins.http_server import running
from tests.stand_ins.programs import free_port

WRITING = {"publish"}
FOR_PEOPLE = {"download", "find_csv", "close"}
BETA_9 = "20170403075439"
NEWEST_NIGHTLY = "20170619030424"

Arguments = dict[str, Any]


def server_of(place: Place) -> StdioServerParameters:
    environment = {
        "SERVER_URL": place.url,
        "BUCKET": place.bucket,
        "COLLECTION": place.collection,
        "NB_RETRY_REQUEST": "0",
    }
    return StdioServerParameters(
        command=sys.executable, args=["-m", "buildhub", "mcp"], env=environment
    )


def ask(place: Place, calls: Iterable[tuple[str, Arguments]]) -> list[CallToolResult]:
    """Return the results of calls of tools, all of one process."""

    async def ask_all() -> list[CallToolResult]:
        async with Client(server_of(place)) as client:
            return [await client.call_tool(name, arguments) for name, arguments in calls]

    return asyncio.run(ask_all())


@pytest.fixture(scope="module")
def tools(catalogue: Place) -> dict[str, Tool]:
    """What the process lists, by name."""

    async def list_tools() -> list[Tool]:
        async with Client(server_of(catalogue)) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in asyncio.run(list_tools())}


def test_every_question_of_the_client_is_a_tool(tools: dict[str, Tool]) -> None:
    verbs = {name for name, _ in inspect.getmembers(AsyncBuildHub, callable) if name[0] != "_"}
    assert set(tools) == verbs - WRITING - FOR_PEOPLE


def test_tools_only_read_and_have_typed_answers(tools: dict[str, Tool]) -> None:
    for tool in tools.values():
        assert tool.annotations is not None
        assert tool.annotations.read_only_hint
        assert tool.description
        assert set((tool.output_schema or {})["properties"]) == {
            "outcome", "value", "message", "complete_until",
        }  # fmt: skip


def test_agents_have_the_filters_of_the_client() -> None:
    assert set(BuildFilters.model_fields) == set(Filters.__annotations__)


ANSWERS: list[tuple[str, Arguments, Any]] = [
    ("is_official", {"build_id": BETA_9}, True),
    ("versions", {"filters": {"channel": ["nightly", "esr"]}}, ["55.0a1", "56.0a1"]),
    ("locales", {"version": "53.0b9"}, list(LOCALES)),
    ("platforms", {"build_id": BETA_9, "filters": {"locale": "en-US"}}, ["linux-x86_64", "win64"]),
    ("build_ids", {"version": "56.0a1"}, [NEWEST_NIGHTLY]),
    ("count", {}, len(RECORDS)),
    ("count", {"filters": {"built_since": "2017-05-04", "built_before": "2017-06-01"}}, 1),
    ("find", {"text": "53.0b10 de"}, {"understood_as": ["Version 53.0b10", "Locale de"]}),
    ("build", {"build_id": BETA_9}, {"count": 6, "versions": ["52.0", "53.0b9"]}),
    ("revision", {"build_id": BETA_9, "product": "thunderbird"}, {"revision": "b" * 40}),
    (
        "latest",
        {"product": "firefox", "channel": "beta", "platform": "win64"},
        {"target": {"version": "53.0b10", "locale": "en-US"}},
    ),
    ("before", {"moment": "20170504030207"}, {"build": {"id": "20170503030212"}}),
    ("after", {"moment": "20170504030207"}, {"build": {"id": NEWEST_NIGHTLY}}),
    ("first_nightly", {"version": "55.0a1"}, {"build": {"id": "20170503030212"}}),
    (
        "builds",
        {"limit": 1, "filters": {"locale": "de"}},
        {"next_after": "firefox-20170403075439-53-0b9-linux-x86-64-de"},
    ),
    ("builds", {"filters": {"version": "56.0a1"}}, {"next_after": None}),
    ("changes", {"since": 0, "limit": 100}, {"is_all": True}),
    ("search", {"body": {"size": 0}}, {"hits": {"total": {"value": len(RECORDS)}}}),
    ("coverage", {}, {"complete_until": None}),
]
NOTHING: list[tuple[str, Arguments, str, Any]] = [
    ("is_official", {"build_id": "19990101000000"}, "not_found", False),
    ("build", {"build_id": "19990101000000"}, "not_found", None),
    ("find", {"text": "firefox 99.0"}, "not_found", None),
    ("count", {"filters": {"version": "99.0"}}, "not_found", 0),
    ("builds", {"filters": {"version": "99.0"}}, "not_found", None),
    ("latest", {"product": "firefox", "channel": "beta", "platform": "win65"}, "not_found", None),
]
MISTAKES: list[tuple[str, Arguments, str]] = [
    ("count", {"filters": {"vesion": "53.0"}}, "vesion"),
    ("locales", {"version": "53.0b9", "filters": {"version": "53.0"}}, "leave out version"),
    ("search", {"body": {"query": {"trem": {}}}}, "unknown query 'trem'"),
    ("search", {"body": {"size": 5000}}, "more than 100"),
    ("revision", {"build_id": BETA_9}, "several changesets"),
    ("builds", {"limit": 0}, "limit"),
]


@pytest.fixture(scope="module")
def results(catalogue: Place) -> dict[str, CallToolResult]:
    """What one process answers to everything in the tables."""
    calls = [(row[0], row[1]) for table in (ANSWERS, NOTHING, MISTAKES) for row in table]
    return dict(zip(map(str, calls), ask(catalogue, calls), strict=True))


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, dict):
        return all(is_part(value, whole[name]) for name, value in part.items())
    return bool(part == whole)


@pytest.mark.parametrize(("tool", "arguments", "expected"), ANSWERS)
def test_a_tool_answers(
    results: dict[str, CallToolResult], tool: str, arguments: Arguments, expected: Any
) -> None:
    answer = results[str((tool, arguments))].structured_content
    assert answer is not None
    assert answer["outcome"] == "found"
    assert is_part(expected, answer["value"]), answer["value"]


@pytest.mark.parametrize(("tool", "arguments", "outcome", "value"), NOTHING)
def test_a_tool_tells_that_there_is_nothing(
    results: dict[str, CallToolResult],
    tool: str,
    arguments: Arguments,
    outcome: str,
    value: Any,
) -> None:
    answer = results[str((tool, arguments))].structured_content
    assert answer is not None
    assert (answer["outcome"], answer["value"]) == (outcome, value)
    assert answer["message"]


@pytest.mark.parametrize(("tool", "arguments", "message"), MISTAKES)
def test_a_mistake_is_named(
    results: dict[str, CallToolResult], tool: str, arguments: Arguments, message: str
) -> None:
    result = results[str((tool, arguments))]
    assert result.is_error
    assert message in result.content[0].text


REASONS: list[tuple[str, Arguments, str, Any]] = [
    ("is_official", {"build_id": "20190101000000"}, "not_found", False),
    ("is_official", {"build_id": "20210101000000"}, "not_indexed_yet", None),
    ("build", {"build_id": "20210101000000"}, "not_indexed_yet", None),
    ("versions", {"filters": {"product": "seamonkey"}}, "not_covered", None),
    ("count", {"filters": {"product": "seamonkey"}}, "not_covered", None),
    ("count", {"filters": {"product": "firefox"}}, "not_found", 0),
]


def test_there_are_three_reasons_for_nothing() -> None:
    with running(covered) as url:
        results = ask(place_of(url), [row[:2] for row in REASONS])
    answers = [result.structured_content or {} for result in results]
    assert [(each["outcome"], each["value"]) for each in answers] == [row[2:] for row in REASONS]
    until = {each["outcome"]: each["complete_until"] for each in answers}
    assert until == {
        "not_found": "2020-01-01T00:00:00Z",
        "not_indexed_yet": "2020-01-01T00:00:00Z",
        "not_covered": None,
    }


def test_a_server_that_does_not_answer_is_no_answer() -> None:
    (result,) = ask(place_of(f"http://127.0.0.1:{free_port()}"), [("count", {})])
    assert result.is_error
    assert "127.0.0.1" in result.content[0].text


def test_what_has_to_be_installed_is_named() -> None:
    program = "import sys; sys.modules['mcp'] = None; from buildhub.command import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", program, "mcp"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "install buildhub[mcp]" in done.stderr
