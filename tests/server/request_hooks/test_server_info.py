"""``GET /v1/`` for strangers."""

from pathlib import Path

import pytest
import webtest


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
