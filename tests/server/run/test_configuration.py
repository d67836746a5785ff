"""The ini file, overridden by the environment."""

from pathlib import Path

import pytest
from kinto_buildhub.errors import SettingsError, StartError
from kinto_buildhub.run.configuration import (
    PACKAGED_INI,
    find_ini,
    has_public_host,
    read_ini,
)
from kinto_buildhub.settings import STARTUP_SETTINGS

OUR_POLICY = "kinto_buildhub.access.accounts.AccountsPolicy"


def make_ini(folder: Path, *lines: str) -> Path:
    path = folder / "kinto.ini"
    path.write_text("\n".join(("[app:main]", "use = egg:kinto", *lines)))
    return path


@pytest.mark.parametrize("name", ["kinto.storage_pool_size", "storage_pool_size"])
def test_kintos_settings_of_its_backends_may_come_from_ini_or_environment(
    tmp_path, monkeypatch, name
):
    ini = make_ini(tmp_path, f"{name} = 5")
    assert read_ini(ini)["kinto.storage_pool_size"] == "5"
    monkeypatch.setenv("KINTO_STORAGE_POOL_SIZE", "7")
    settings = read_ini(ini)
    assert settings["kinto.storage_pool_size"] == "7"
    assert "storage_pool_size" not in settings


def test_a_setting_that_the_ini_file_does_not_name_may_come_from_the_environment(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("KINTO_STORAGE_MAX_OVERFLOW", "3")
    assert read_ini(make_ini(tmp_path))["kinto.storage_max_overflow"] == "3"


def test_settings_that_are_not_given_are_empty(tmp_path):
    settings = read_ini(make_ini(tmp_path))
    assert {settings[each.ini_name] for each in STARTUP_SETTINGS} == {""}


def test_a_misspelt_name_in_the_ini_file_is_refused(tmp_path):
    with pytest.raises(SettingsError, match=r"^kinto\.storage_ulr is not a setting; is kinto\."):
        read_ini(make_ini(tmp_path, "kinto.storage_ulr = x"))


@pytest.mark.parametrize("prefix", ["", "kinto."])
@pytest.mark.parametrize(
    ("policy", "used"),
    [
        ("kinto.plugins.accounts.AccountsPolicy", OUR_POLICY),
        ("kinto.plugins.accounts.authentication.AccountsAuthenticationPolicy", OUR_POLICY),
        (OUR_POLICY, OUR_POLICY),
        ("example.OwnPolicy", "example.OwnPolicy"),
    ],
)
def test_kintos_policy_for_accounts_is_replaced(tmp_path, prefix, policy, used):
    name = f"{prefix}multiauth.policy.account.use"
    assert read_ini(make_ini(tmp_path, f"{name} = {policy}"))[name] == used


def test_the_ini_file_is_the_one_given_or_chosen_or_here_or_packaged(tmp_path, monkeypatch):
    monkeypatch.delenv("KINTO_INI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert find_ini() == PACKAGED_INI
    here = make_ini(tmp_path)
    assert find_ini() == here
    (tmp_path / "chosen").mkdir()
    chosen = make_ini(tmp_path / "chosen")
    monkeypatch.setenv("KINTO_INI", str(chosen))
    assert find_ini() == chosen
    assert find_ini(here) == here
    with pytest.raises(StartError, match="There is no settings file"):
        find_ini(tmp_path / "missing.ini")


@pytest.mark.parametrize("prefix", ["", "kinto."])
def test_the_host_that_clients_know_may_come_from_ini_or_environment(tmp_path, monkeypatch, prefix):
    host = f"{prefix}http_host = buildhub.example"
    assert not has_public_host(read_ini(make_ini(tmp_path, host)))
    both = read_ini(make_ini(tmp_path, host, f"{prefix}http_scheme = https"))
    assert has_public_host(both)
    monkeypatch.setenv("KINTO_HTTP_SCHEME", "https")
    assert has_public_host(read_ini(make_ini(tmp_path, host)))
