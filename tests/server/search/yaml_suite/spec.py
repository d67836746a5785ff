"""The jar of the YAML tests: its tests, and the paths of its APIs."""

import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any, ClassVar

import yaml

from tests.stand_ins.search_servers import Artifact, fetch

SPEC = Artifact("org.elasticsearch", "rest-api-spec", "7.10.2")
_TESTS, _APIS = "rest-api-spec/test/", "rest-api-spec/api/"

Step = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads YAML as Elasticsearch's runner: dates, ``on`` and ``yes`` are texts."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


for _tag, _pattern, _first in (
    ("bool", "true|True|false|False", "tTfF"),
    ("null", "~|null|", ["~", "n", ""]),
    ("int", "[-+]?(?:0|[1-9][0-9]*)|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?",
        "-+.0123456789",
    ),
):
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}", re.compile(f"^(?:{_pattern})$"), list(_first)
    )


@dataclass(frozen=True)
class YamlTest:
    """One test, with the steps that its file runs before and after each of its tests.

    Attributes:
        file: below the folder of the tests, ``search/10_source_filtering.yml``.
    """

    file: str
    name: str
    setup: list[Step]
    steps: list[Step]
    teardown: list[Step]

    def __str__(self) -> str:
        return f"{self.file}: {self.name}"

    @property
    def text(self) -> str:
        """Setup and steps as JSON, to look for words in."""
        return json.dumps([*self.setup, *self.steps], ensure_ascii=False)


def iter_tests() -> Iterator[YamlTest]:
    """Yield all tests, file by file.

    Raises:
        ServerMissing: the jar cannot be fetched.
    """
    with _jar() as jar:
        for path in sorted(jar.namelist()):
            if path.startswith(_TESTS) and path.endswith(".yml"):
                yield from _iter_file(path.removeprefix(_TESTS), jar.read(path))


def _iter_file(file: str, content: bytes) -> Iterator[YamlTest]:
    parts: list[tuple[str, list[Step]]] = [
        (str(name), steps)
        for document in yaml.load_all(content, _Loader)
        if document
        for name, steps in document.items()
    ]
    around = dict(parts)
    for name, steps in parts:
        if name not in ("setup", "teardown"):
            yield YamlTest(file, name, around.get("setup", []), steps, around.get("teardown", []))


@dataclass(frozen=True)
class HttpRequest:
    """A request as it is sent.

    Attributes:
        path: begins with a slash; values are not quoted.
        body: JSON, or a list of lines; None without one.
    """

    method: str
    path: str
    parameters: dict[str, str]
    body: Any


def build_request(api: str, arguments: dict[str, Any]) -> HttpRequest | None:
    """Return the request of a ``do`` step; None if an argument that its path needs is missing."""
    arguments = {key: value for key, value in arguments.items() if value is not None}
    body = arguments.pop("body", None)
    best: tuple[int, dict[str, Any]] | None = None
    for path in _api(api)["url"]["paths"]:
        parts = set(path.get("parts", {}))
        if parts <= arguments.keys() and (best is None or len(parts) > best[0]):
            best = len(parts), path
    if best is None:
        return None
    found = best[1]
    parts = {name: _text(arguments.pop(name)) for name in found.get("parts", {})}
    methods = found["methods"]
    method = "POST" if body is not None and "POST" in methods else methods[0]
    if api in ("index", "create") and "PUT" in methods:
        method = "PUT"
    parameters = {name: _text(value) for name, value in arguments.items()}
    return HttpRequest(method, found["path"].format(**parts), parameters, body)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


@cache
def _api(name: str) -> dict[str, Any]:
    with _jar() as jar:
        found: dict[str, Any] = json.loads(jar.read(f"{_APIS}{name}.json"))[name]
    return found


def _jar() -> zipfile.ZipFile:
    return zipfile.ZipFile(next(fetch(SPEC).glob("rest-api-spec-*.jar")))
