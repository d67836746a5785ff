"""The settings: where they come from, what is refused, what is never shown."""

from dataclasses import MISSING, Field, fields

import pytest
from buildhub.errors import ConfigError
from buildhub.settings import SETTINGS, Settings, read_settings, settings_reference


def is_required(each: "Field[object]") -> bool:
    return each.default is MISSING and each.default_factory is MISSING


def test_each_setting_has_one_row_and_one_attribute():
    names = [setting.name for setting in SETTINGS]
    assert names == [each.name for each in fields(Settings) if is_required(each)]
    assert len({setting.variable for setting in SETTINGS}) == len(SETTINGS)


def test_without_an_environment_there_are_defaults():
    settings = read_settings({})
    assert settings.server_url == "http://localhost:8888/v1"
    assert settings.archive_url == "https://archive.mozilla.org/"
    assert settings.auth is None
    assert (settings.bucket_id, settings.collection_id) == ("build-hub", "releases")


def test_an_option_comes_before_the_environment_before_the_default():
    environ = {"BUCKET": "from-environment"}
    assert read_settings({}).bucket_id == "build-hub"
    assert read_settings(environ).bucket_id == "from-environment"
    assert read_settings(environ, {"bucket_id": "option"}).bucket_id == "option"
    assert read_settings(environ, {"bucket_id": None}).bucket_id == "from-environment"


def test_an_empty_variable_counts_as_absent():
    assert read_settings({"NB_RETRY_REQUEST": ""}).retry_policy.retry_count == 5


READ = [
    ("SERVER_URL", "https://host/v1/", "server_url", "https://host/v1"),
    ("ARCHIVE_URL", "http://localhost:1/a", "archive_url", "http://localhost:1/a/"),
    ("PRODUCTS", "mobile, firefox", "products", frozenset({"fennec", "firefox"})),
    ("INVENTORIES", "archive", "inventories", ("archive",)),
    ("INITIALIZE_SERVER", "No", "initialize_server", False),
    ("MIN_AGE_HOURS", "1.5", "min_age_hours", 1.5),
    ("NB_RETRY_REQUEST", "0", "retry_count", 0),
    ("LOG_LEVEL", "debug", "log_level", "DEBUG"),
    ("LOG_FORMAT", "JSON", "log_format", "json"),
    ("AUTH", "user:pass:word", "auth", "user:pass:word"),
    ("BUILDHUB_TOKEN", "bh_0123", "token", "bh_0123"),
]


@pytest.mark.parametrize(("variable", "text", "name", "value"), READ)
def test_read(variable, text, name, value):
    assert getattr(read_settings({variable: text}), name) == value


REFUSED = [
    ("SERVER_URL", "localhost:8888/v1", "no address; expected one as https://host/path"),
    ("SERVER_URL", "http://localhost:8888", "expected an address as https://host/v1"),
    ("ARCHIVE_URL", "ftp://host/", "no address"),
    ("BUCKET", "build hub", "expected letters, digits, - and _"),
    ("PRODUCTS", "firefox seamonkey", "names seamonkey; expected some of firefox"),
    ("INVENTORIES", " , ", "is empty; expected names"),
    ("INITIALIZE_SERVER", "maybe", "neither true nor false"),
    ("NB_PARALLEL_REQUESTS", "0", "expected a whole number from 1"),
    ("NB_RETRY_REQUEST", "-1", "expected a whole number from 0"),
    ("TIMEOUT_SECONDS", "0", "expected a number above 0"),
    ("TIMEOUT_SECONDS", "nan", "expected a number from 0"),
    ("MIN_AGE_HOURS", "a day", "expected a number from 0"),
    ("LOG_LEVEL", "LOUD", "expected one of DEBUG, INFO"),
    ("LOG_FORMAT", "xml", "expected one of logfmt, json"),
    ("CACHE_FOLDER", "  ", "is blank"),
]


@pytest.mark.parametrize(("variable", "text", "message"), REFUSED)
def test_what_does_not_parse_names_setting_and_remedy(variable, text, message):
    with pytest.raises(ConfigError) as caught:
        read_settings({variable: text})
    assert f"environment {variable}: {text!r}" in str(caught.value)
    assert message in str(caught.value)


def test_an_unknown_name_under_our_prefix_is_refused():
    with pytest.raises(ConfigError, match="BUILDHUB_DATE is not a setting; is BUILDHUB_DATA meant"):
        read_settings({"BUILDHUB_DATE": "x"})


MISSPELT = [
    ("SERVR_URL", "SERVER_URL"),
    ("SEVRER_URL", "SERVER_URL"),
    ("SERVER_URLL", "SERVER_URL"),
    ("SERVER_URI", "SERVER_URL"),
    ("ARCHIV_URL", "ARCHIVE_URL"),
    ("SAMPEL", "SAMPLE"),
    ("NB_RETRY_REQUESTS", "NB_RETRY_REQUEST"),
    ("LISTEN_TOKEN_FIEL", "LISTEN_TOKEN_FILE"),
    ("BUILDHUB_DTA", "BUILDHUB_DATA"),
    ("WROKERS", "WORKERS"),
]


@pytest.mark.parametrize(("name", "meant"), MISSPELT)
def test_a_misspelt_name_is_refused(name, meant):
    with pytest.raises(ConfigError, match=f"{name} is not a setting; is {meant} meant"):
        read_settings({name: "x"})


@pytest.mark.parametrize(
    "name", ["PATH", "HOME", "AUT", "URL", "DATABASE_URL", "AWS_ENDPOINT_URL_SQS", "SENTRY", "PORT"]
)
def test_names_of_others_are_left_alone(name):
    read_settings({name: "x"})


def test_a_secret_is_read_from_a_file(tmp_path):
    (tmp_path / "auth").write_text("publisher:s3cret\n")
    assert read_settings({"AUTH_FILE": str(tmp_path / "auth")}).auth == "publisher:s3cret"


def test_a_secret_file_that_cannot_be_read_is_named(tmp_path):
    with pytest.raises(ConfigError, match=f"AUTH_FILE: cannot read {tmp_path}/auth"):
        read_settings({"AUTH_FILE": str(tmp_path / "auth")})


def test_a_secret_is_never_shown():
    assert "s3cret" not in repr(read_settings({"AUTH": "publisher:s3cret"}))
    with pytest.raises(ConfigError) as caught:
        read_settings({"AUTH": "s3cret"})
    assert "s3cret" not in str(caught.value)
    assert "expected user:password" in str(caught.value)


HAWK = {"BUILDHUB_CLIENT_ID": "release-job", "BUILDHUB_SECRET": "s3cret"}

# The environment, what the job has to show, and who it says it is.
CREDENTIALS = [
    ({}, None, "nobody"),
    ({"AUTH": "publisher:s3cret"}, "user name and password", "publisher"),
    ({"BUILDHUB_TOKEN": "bh_s3cret"}, "token", "the owner of the token"),
    (HAWK, "client ID and secret", "release-job"),
]


@pytest.mark.parametrize(("environ", "credentials", "account"), CREDENTIALS)
def test_credentials(environ, credentials, account):
    settings = read_settings(environ)
    assert (settings.credentials, settings.account) == (credentials, account)
    assert "s3cret" not in repr(settings)


@pytest.mark.parametrize("variable", [*HAWK, "BUILDHUB_TOKEN", "AUTH"])
def test_all_credentials_can_be_in_files(variable, tmp_path):
    environ = {"AUTH": "a:b"} if variable == "AUTH" else HAWK if variable in HAWK else {}
    (tmp_path / "file").write_text("from:file\n")
    given = {name: text for name, text in environ.items() if name != variable}
    settings = read_settings(given | {f"{variable}_FILE": str(tmp_path / "file")})
    names = {setting.variable: setting.name for setting in SETTINGS}
    assert getattr(settings, names[variable]) == "from:file"


REFUSED_CREDENTIALS = [
    pytest.param(
        HAWK | {"AUTH": "publisher:s3cret"},
        "AUTH and BUILDHUB_CLIENT_ID are both set, by themselves or with _FILE; "
        "expected one kind of credentials",
        id="account-and-key",
    ),
    pytest.param(
        {"AUTH": "publisher:s3cret", "BUILDHUB_TOKEN": "bh_s3cret"},
        "AUTH and BUILDHUB_TOKEN are both set",
        id="account-and-token",
    ),
    pytest.param(
        {"BUILDHUB_CLIENT_ID": "release-job"},
        "BUILDHUB_CLIENT_ID is set without BUILDHUB_SECRET; a signature needs both",
        id="no-secret",
    ),
    pytest.param(
        {"BUILDHUB_SECRET": "s3cret"},
        "BUILDHUB_SECRET is set without BUILDHUB_CLIENT_ID",
        id="no-client-id",
    ),
    pytest.param(
        {"BUILDHUB_TOKEN": "bh_s3cret\r\nHost: elsewhere"},
        "environment BUILDHUB_TOKEN: expected letters, digits and punctuation without spaces",
        id="header-injection",
    ),
    pytest.param(
        HAWK | {"BUILDHUB_CLIENT_ID": 'release", ext="s3cret'},
        "environment BUILDHUB_CLIENT_ID: expected letters",
        id="quotes",
    ),
]


@pytest.mark.parametrize(("environ", "message"), REFUSED_CREDENTIALS)
def test_credentials_that_are_refused_are_named_and_not_shown(environ, message):
    with pytest.raises(ConfigError) as caught:
        read_settings(environ)
    assert message in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_secrets_are_not_offered_on_the_command_line():
    assert not [setting for setting in SETTINGS if setting.secret and setting.option]


def test_the_reference_has_every_setting():
    reference = settings_reference()
    for setting in SETTINGS:
        assert f"``{setting.variable}``" in reference
        assert setting.help in reference
