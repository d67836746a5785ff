"""The examples of the documentation run as they stand, and print what the page shows.

They run against ``buildhub demo`` with its default sample, as a reader's do after ``make run``.
Only the address and the data folder are replaced.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Demo, running_demo
from tests.documented import DOCS, Example, is_assignment, iter_examples, read_blocks
from tests.requirements import require
from tests.server.search.test_cases import check_part
from tests.test_documented_examples import install_javascript_client

COOKBOOK = "how-to/cookbook.rst"
BULK = "api/bulk.rst"
PAGES_WITH_OUTPUT = (
    "../README.rst",
    COOKBOOK,
    "how-to/agents.rst",
    "how-to/client.rst",
    "how-to/export.rst",
    "how-to/credentials.rst",
    "how-to/catalog.rst",
    "how-to/move-clients.rst",
    "api/catalog.rst",
    "api/credentials.rst",
    "api/exports.rst",
    "api/filters.rst",
    "api/latest.rst",
    "api/search.rst",
    "api/openapi.rst",
    "api/status-codes.rst",
)
OTHER_PAGES = ("tutorial.rst", "api/examples.rst")
TESTED_ELSEWHERE = ("how-to/move-from-kinto-elasticsearch.rst",)
THE_REST = "…"
DOCUMENTED_ADDRESS = "http://localhost:8888"

QUESTIONS = (
    "Is this build ID official?",
    "Which changeset is it?",
    "Which locales and platforms does 53.0b9 have?",
    "Which build IDs belong to 56.0b12?",
    "What was the last nightly before this date?",
    "All records, page by page",
    "What has changed since I last looked?",
)


@pytest.fixture(scope="module")
def catalogue() -> Iterator[Demo]:
    """What ``make run`` starts."""
    with running_demo("default") as demo:
        yield demo


def run(command, code, folder):
    """Run a program given on standard input; return its output."""
    done = subprocess.run(
        command,
        input=code,
        cwd=folder,
        env={**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{code}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def run_console(example, at, folder):
    require(shutil.which("jq") and shutil.which("curl"), "curl and jq are not installed")
    require("wget" not in example.typed() or shutil.which("wget"), "wget is not installed")
    code = f"set -euo pipefail\n{at(example.setup)}{at(example.typed())}\n"
    return run(["bash", "-s"], code, folder), example.printed()


def run_python(example, at, folder):
    return run([sys.executable, "-"], at(example.block.code), folder), example.shown


def run_javascript(example, at, folder):
    require(shutil.which("node"), "Node.js is not installed")
    if "require(" in example.block.code:
        (folder / "node_modules").symlink_to(install_javascript_client())
        command = ["node", "-"]
    else:
        command = ["node", "--input-type=module", "-"]
    return run(command, at(example.block.code), folder), example.shown


RUNNERS = {"console": run_console, "python": run_python, "javascript": run_javascript}


def lines(text):
    return [line.strip() for line in text.strip().splitlines()]


def examples(page: str, *languages: str) -> list[Example]:
    return [each for each in iter_examples(page) if each.block.language in languages]


def run_example(example, demo, folder):
    def at(code):
        code = code.replace(DOCUMENTED_ADDRESS, demo.url.removesuffix("/v1"))
        return code.replace(".venv/bin/", "").replace(".data/", f"{demo.data}/")

    return RUNNERS[example.block.language](example, at, folder)


def check_output(shown: str, printed: str) -> None:
    """Check that a program printed what is shown; a last line ``…`` stands for the rest."""
    expected, found = lines(shown), lines(printed)
    if expected and expected[-1] == THE_REST:
        expected.pop()
        assert len(found) > len(expected)
        found = found[: len(expected)]
    assert found == expected


def check_answer(shown: Any, found: Any, path: str = "answer") -> None:
    """Check that what is shown is a part of an answer; a last item ``…`` stands for the rest."""
    if isinstance(shown, dict):
        for key, value in shown.items():
            check_answer(value, found[key], f"{path}.{key}")
    elif isinstance(shown, list) and shown[-1:] == [THE_REST]:
        check_part(shown[:-1], found[: len(shown) - 1], path)
    else:
        check_part(shown, found, path)


@pytest.mark.parametrize(
    "example",
    [each for page in PAGES_WITH_OUTPUT for each in examples(page, *RUNNERS)],
    ids=str,
)
def test_an_example_prints_what_is_shown(example, catalogue, tmp_path, monkeypatch):
    monkeypatch.setenv("SERVER_URL", catalogue.url)  # The client's default is the page's address.
    monkeypatch.setenv("BUILDHUB_DATA", str(catalogue.data))  # And the command's is ``.data``.
    printed, shown = run_example(example, catalogue, tmp_path)
    check_output(shown, printed)


@pytest.mark.parametrize(
    "example", [each for page in OTHER_PAGES for each in iter_examples(page)], ids=str
)
def test_an_example_whose_output_is_not_shown_prints_something(example, catalogue, tmp_path):
    printed, _ = run_example(example, catalogue, tmp_path)
    only_remembers = all(is_assignment(line) for line in example.typed().splitlines())
    assert printed.strip() or (example.block.language == "console" and only_remembers)


def test_the_bulk_example_is_answered_as_shown_and_leaves_nothing(catalogue, tmp_path):
    request, answer = (
        block.code for block in read_blocks(BULK) if block.language == "text" and block.reason
    )
    (tmp_path / "builds.ndjson").write_text(request)
    send, delete = examples(BULK, "console")
    printed, _ = run_example(send, catalogue, tmp_path)
    assert without_timestamps(printed) == without_timestamps(answer)
    printed, shown = run_example(delete, catalogue, tmp_path)
    check_output(shown, printed)


def without_timestamps(ndjson):
    found = [json.loads(line) for line in ndjson.splitlines()]
    return [{name: each[name] for name in each if name != "last_modified"} for each in found]


def test_every_program_in_the_documentation_is_run_or_says_why_not():
    run_pages = {*PAGES_WITH_OUTPUT, *OTHER_PAGES, *TESTED_ELSEWHERE, BULK}
    pages = {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.rst")} - run_pages
    pages = {page for page in pages if not page.startswith(("_build/", "reference/_generated/"))}
    found = [
        block.place
        for page in pages
        for block in read_blocks(page)
        if block.language in RUNNERS and not block.reason
    ]
    assert not found


@pytest.mark.parametrize("example", examples(COOKBOOK, "json"), ids=str)
def test_a_request_is_answered_as_shown(example, catalogue):
    address = f"{catalogue.url}/buckets/build-hub/collections/releases/{example.endpoint}"
    request = urllib.request.Request(address, example.block.code.encode())  # noqa: S310 - http.
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http.
        check_answer(json.loads(example.shown), json.load(answer))


def test_each_question_is_answered_in_each_way_and_each_answer_is_shown():
    page = (DOCS / COOKBOOK).read_text()
    starts = [page.index(f"\n{question}\n---") for question in QUESTIONS]
    assert starts == sorted(starts)
    found = examples(COOKBOOK, *RUNNERS, "json")
    for question, start in zip(QUESTIONS, starts, strict=True):
        end = min((other for other in starts if other > start), default=len(page))
        first, last = page.count("\n", 0, start), page.count("\n", 0, end)
        languages = {
            each.block.language
            for each in found
            if first < int(each.block.place.rpartition(":")[2]) <= last
        }
        assert languages == {*RUNNERS, "json"}, question
    unanswered = [str(each) for each in found[1:] if each.shown is None and not each.printed()]
    assert not unanswered
