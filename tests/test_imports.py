"""Which package may import which: the plan of the house, as a table."""

from pathlib import Path

import pytest

from tests.imports import PACKAGES, ImportGraph, Rule, find_cycle, package_graph, read_imports

MOST_ROOT_MODULES = 10

# What works on values alone. Everything else may do I/O, or know the time.
PURE = (
    *("collections", "dataclasses", "datetime", "enum", "functools", "itertools", "json", "re"),
    *("typing", "orjson"),
)
SERVER_COMMANDS = ("buildhub.command.demo", "buildhub.command.server")
OURS = tuple(PACKAGES)
JOBS = (
    *("buildhub.agents", "buildhub.audit", "buildhub.command", "buildhub.events"),
    *("buildhub.export", "buildhub.lambda_s3_event", "buildhub.load", "buildhub.pipes"),
    "buildhub.walk",
)
LIBRARIES = ("aio", "archive", "client", "counts", "inventory", "publish", "records", "rules")


def other_packages(package: str) -> tuple[str, ...]:
    return tuple(each for each in OURS if each != package)


RULES = [
    pytest.param(
        Rule("buildhub_schema", never=other_packages("buildhub_schema")),
        id="the-schema-imports-nothing-of-ours",
    ),
    pytest.param(
        Rule(
            "buildhub_sample_archive",
            never=other_packages("buildhub_sample_archive"),
            # Facts, no rules: what was released is not what the tests of the rules are about.
            except_for=("buildhub_schema.release_history",),
        ),
        id="the-sample-archive-shares-no-code-with-the-rules-that-it-tests",
    ),
    pytest.param(
        Rule(
            "buildhub.rules", only=("buildhub.rules", "buildhub.errors", "buildhub_schema", *PURE)
        ),
        id="the-rules-do-no-input-or-output",
    ),
    pytest.param(
        Rule(
            "buildhub.rules",
            never=("buildhub.rules.fast",),
            except_in=("buildhub.rules.fast",),
        ),
        id="the-rules-do-not-need-their-fast-forms",
    ),
    pytest.param(
        Rule("buildhub", never=("kinto_buildhub",), except_in=SERVER_COMMANDS),
        id="only-commands-of-the-server-import-it",
    ),
    pytest.param(
        Rule(
            "buildhub",
            never=("buildhub_sample_archive",),
            except_in=("buildhub.command.demo",),
        ),
        id="only-demo-knows-the-sample-archive",
    ),
    pytest.param(
        Rule("kinto_buildhub", never=("buildhub", "buildhub_sample_archive")),
        id="the-server-imports-no-jobs",
    ),
    pytest.param(
        Rule("kinto_buildhub.search", never=("kinto_buildhub.anonymous",)),
        id="search-does-not-know-its-fast-path",
    ),
    pytest.param(
        Rule("kinto_buildhub.storage", never=("kinto_buildhub.search", "kinto_buildhub.anonymous")),
        id="storage-does-not-know-search",
    ),
    *(
        pytest.param(
            Rule(f"buildhub.{name}", never=JOBS), id=f"{name}-is-used-by-jobs-and-uses-none"
        )
        for name in LIBRARIES
    ),
    pytest.param(
        Rule(
            "buildhub",
            never=("buildhub.command",),
            except_in=("buildhub.command", "buildhub.__main__"),
        ),
        id="only-the-command-knows-the-command-line",
    ),
]


@pytest.fixture(scope="module")
def graph() -> ImportGraph:
    return read_imports(PACKAGES)


@pytest.mark.parametrize("rule", RULES)
def test_imports_follow_the_plan(graph: ImportGraph, rule: Rule) -> None:
    assert any(module.startswith(rule.importer) for module in graph), "nothing to check"
    assert rule.violations(graph) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    assert find_cycle(read_imports(PACKAGES, when_loaded=True)) == []


def test_no_packages_import_each_other_in_a_circle(graph: ImportGraph) -> None:
    assert find_cycle(package_graph(graph)) == []


@pytest.mark.parametrize("package", OURS)
def test_the_root_of_a_package_stays_small(package: str) -> None:
    modules = sorted(path.name for path in (PACKAGES[package] / package).glob("*.py"))
    assert len(modules) <= MOST_ROOT_MODULES, modules


# Each line breaks a rule of the table, in the module before it.
FORBIDDEN = [
    ("buildhub.rules.paths", "import sqlite3"),
    ("buildhub.rules.paths", "from pathlib import Path"),
    ("buildhub.rules.paths", "from . import fast"),
    ("buildhub.rules.fast.prefilter", "from ... import settings"),
    ("buildhub.rules.paths", "def read(path):\n    import os"),
    ("buildhub.walk.job", "from kinto_buildhub.run.serve import serve"),
    ("buildhub.walk.job", "import buildhub_sample_archive"),
    ("buildhub.archive.fetch", "from buildhub.walk.job import walk"),
    ("buildhub_schema.fields", "from buildhub.rules import paths"),
    ("buildhub_sample_archive.sizes", "from buildhub.rules.paths import parse_path"),
    ("buildhub_sample_archive.sizes", "from buildhub_schema import fields"),
    ("kinto_buildhub.run.serve", "from buildhub import settings"),
    ("kinto_buildhub.search.service", "from ..anonymous import search"),
]


@pytest.mark.parametrize(("module", "line"), FORBIDDEN)
def test_a_forbidden_import_is_found(tmp_path: Path, module: str, line: str) -> None:
    write_module(tmp_path, "buildhub.rules.fast.path_cache", "")
    write_module(tmp_path, "buildhub.settings", "")
    write_module(tmp_path, module, line)
    graph = read_imports(dict.fromkeys(OURS, tmp_path))
    violations = [each for rule in RULES for each in rule.values[0].violations(graph)]
    assert [each for each in violations if each.startswith(f"{module} imports ")]


def test_a_circle_is_found_unless_a_function_opens_it(tmp_path: Path) -> None:
    write_module(tmp_path, "buildhub.one", "from buildhub import two")
    write_module(tmp_path, "buildhub.two", "from .three import value")
    write_module(tmp_path, "buildhub.three", "from buildhub.one import two\nvalue = 1")
    packages = {"buildhub": tmp_path}
    assert find_cycle(read_imports(packages, when_loaded=True)) == [
        "buildhub.one",
        "buildhub.two",
        "buildhub.three",
    ]
    write_module(tmp_path, "buildhub.three", "def f():\n    import buildhub.one\nvalue = 1")
    assert find_cycle(read_imports(packages, when_loaded=True)) == []


def write_module(folder: Path, module: str, source: str) -> None:
    """Write a module and the packages that it is in."""
    path = folder.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    for package in path.relative_to(folder).parents[:-1]:
        (folder / package / "__init__.py").touch()
    path.write_text(source)
