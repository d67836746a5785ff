"""Every example of these pages runs, as it stands there, and prints what is shown.

They run against what ``buildhub demo`` leaves answering; its address is all that is replaced.
"""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from tests.conftest import require
from tests.documented import DOCS, Example, is_assignment, iter_examples
from tests.server.search.test_cases import check_part
from tests.test_documented_examples import install_javascript_client

COOKBOOK = "how-to/cookbook.rst"
OTHER_PAGES = ("tutorial.rst", "api/examples.rst")
DOCUMENTED_ADDRESS = "http://localhost:8888"

QUESTIONS = (
    "Is this build ID official?",
    "Which changeset is it?",
    "Which locales and platforms does 53.0b9 have?",
    "Which build IDs belong to 56.0b12?",
    "What was the last nightly before this date?",
    "All of them, page by page",
    "What has changed since I last looked?",
)


def run(command, code, folder):
    """Run a program given on standard input; return what it printed."""
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
        return code.replace(".venv/bin/", "")

    return RUNNERS[example.block.language](example, at, folder)


@pytest.mark.parametrize("example", examples(COOKBOOK, *RUNNERS), ids=str)
def test_an_example_prints_what_is_shown(example, demo, tmp_path):
    printed, shown = run_example(example, demo, tmp_path)
    assert lines(printed) == lines(shown)


@pytest.mark.parametrize(
    "example", [each for page in OTHER_PAGES for each in iter_examples(page)], ids=str
)
def test_an_example_whose_output_is_not_shown_prints_something(example, demo, tmp_path):
    printed, _ = run_example(example, demo, tmp_path)
    only_remembers = all(is_assignment(line) for line in example.typed().splitlines())
    assert printed.strip() or (example.block.language == "console" and only_remembers)


@pytest.mark.parametrize("example", examples(COOKBOOK, "json"), ids=str)
def test_a_request_is_answered_as_shown(example, demo_server):
    address = f"{demo_server}/buckets/build-hub/collections/releases/{example.endpoint}"
    request = urllib.request.Request(address, example.block.code.encode())  # noqa: S310 - http.
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http.
        check_part(json.loads(example.shown), json.load(answer), "answer")


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
