"""``GET /v1/`` for strangers."""

import re
from importlib.metadata import version
from pathlib import Path

import kinto
import pytest
import webtest
from kinto_buildhub.version import VERSION_FILE


# Kinto reads the file, and leaves it open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_settings_file_is_not_shown(
    app: webtest.TestApp, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ini = tmp_path / "kinto.ini"
    ini.write_text("[app:main]\n")
    monkeypatch.setenv("KINTO_INI", str(ini))
    shown = app.get("/v1/")
    assert "config" not in shown.json
    assert str(ini) not in shown.text
    assert {"capabilities", "settings", "url"} <= shown.json.keys()


def test_version_and_documentation_are_buildhub_s(app: webtest.TestApp) -> None:
    shown = app.get("/v1/").json
    assert shown["project_version"] == version("buildhub")
    assert shown["project_docs"] == "https://buildhub.readthedocs.io/"
    assert shown["kinto_version"] == kinto.__version__
    assert shown["http_api_version"].startswith("1.")


def test_settings_of_the_operator_are_kept(make_app) -> None:
    app = make_app(**{"kinto.project_version": "7", "kinto.project_docs": "https://docs.example/"})
    shown = app.get("/v1/").json
    assert (shown["project_version"], shown["project_docs"]) == ("7", "https://docs.example/")


def test_the_version_has_a_commit(make_app) -> None:
    app = make_app(**{"kinto.version_json_path": str(VERSION_FILE)})
    shown = app.get("/v1/__version__").json
    assert shown["name"] == "buildhub"
    assert shown["version"] == version("buildhub")
    assert re.fullmatch(r"[0-9a-f]{40}|", shown["commit"])
    if (VERSION_FILE.parents[2] / ".git").exists():
        assert shown["commit"]
