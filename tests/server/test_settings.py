"""The table of the server's settings, and the reader of it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from kinto_buildhub.bulk.settings import BulkSettings
from kinto_buildhub.coverage.settings import CoverageSettings
from kinto_buildhub.errors import SettingsError
from kinto_buildhub.search.settings import SearchSettings
from kinto_buildhub.settings import SETTINGS, read_settings, settings_reference
from pyramid.exceptions import ConfigurationError

from tests.stand_ins.programs import free_port

DATABASE = {
    f"KINTO_{name}_URL": "postgresql://nobody:s3cret@localhost:1/x"
    for name in ("STORAGE", "PERMISSION", "CACHE")
}


@pytest.mark.parametrize(
    ("ini", "environ", "name", "value"),
    [
        pytest.param({}, {}, "bulk.batch_size", 1000, id="default"),
        pytest.param({"kinto.bulk.batch_size": "7"}, {}, "bulk.batch_size", 7, id="ini"),
        pytest.param({"bulk.batch_size": 7}, {}, "bulk.batch_size", 7, id="as-kinto-read-it"),
        pytest.param(
            {"bulk.batch_size": "7"},
            {"KINTO_BULK_BATCH_SIZE": "8"},
            "bulk.batch_size",
            8,
            id="environment-over-ini",
        ),
        pytest.param(
            {"kinto.search.path": "/a"}, {"KINTO_SEARCH_PATH": "/b"}, "search.path", "/b", id="path"
        ),
        pytest.param(
            {"search.timeout_seconds": 1.5}, {}, "search.timeout_seconds", 1.5, id="seconds"
        ),
        pytest.param({"search.cache_bytes": 0}, {}, "search.cache_bytes", 0, id="count-of-zero"),
        pytest.param(
            {"elasticsearch.force_refresh": True},
            {},
            "elasticsearch.force_refresh",
            True,
            id="flag-as-kinto-read-it",
        ),
        pytest.param(
            {"elasticsearch.hosts": ["http://a:9200", "http://b:9200"]},
            {},
            "elasticsearch.hosts",
            ("http://a:9200", "http://b:9200"),
            id="list-as-kinto-read-it",
        ),
        pytest.param(
            {},
            {"KINTO_ELASTICSEARCH_HOSTS": "http://a:9200, http://b:9200"},
            "elasticsearch.hosts",
            ("http://a:9200", "http://b:9200"),
            id="list-from-the-environment",
        ),
        pytest.param({}, {}, "buildhub.coverage_max_age_hours", None, id="no-hours"),
        pytest.param(
            {},
            {"KINTO_BUILDHUB_COVERAGE_MAX_AGE_HOURS": "2"},
            "buildhub.coverage_max_age_hours",
            2,
            id="hours",
        ),
        pytest.param(
            {"buildhub.coverage_collections": "a/b c/d"},
            {},
            "buildhub.coverage_collections",
            (("a", "b"), ("c", "d")),
            id="collections",
        ),
    ],
)
def test_a_value_comes_from_environment_ini_or_default(ini, environ, name, value):
    assert read_settings(ini, environ)[name] == value


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("search.max_buckets", "none", "is 'none': expected a whole number from 1"),
        ("search.max_buckets", "0", "is '0': expected a whole number from 1"),
        ("search.cache_bytes", "-1", "is '-1': expected a whole number from 0"),
        ("search.timeout_seconds", "soon", "is 'soon': expected a number of seconds above 0"),
        ("search.timeout_seconds", "nan", "is 'nan': expected a number of seconds above 0"),
        ("elasticsearch.force_refresh", "maybe", "is 'maybe': expected true or false"),
        ("elasticsearch.index_prefix", "A.b", "is 'A.b': expected lower-case letters, digits"),
        ("elasticsearch.index_prefix", "", "is '': expected lower-case letters, digits"),
        ("elasticsearch.index_prefix", "-a", "is '-a': expected lower-case letters, digits"),
        ("elasticsearch.index_prefix", "a b", "is 'a b': expected lower-case letters, digits"),
        ("bulk.batch_size", "many", "is 'many': expected a whole number from 1"),
        ("buildhub.cache_control", "whatever", "is 'whatever': whatever is no directive of Cache-"),
        ("buildhub.cache_control", "", "is '': expected directives of Cache-Control, as 'public, "),
        ("buildhub.cache_control", "publik", "is 'publik': publik is no directive of Cache-Con"),
        ("buildhub.cache_control", "max-agee=6", "is 'max-agee=6': max-agee is no directive of "),
        ("buildhub.cache_control", "max-age", "is 'max-age': expected max-age=60, got max-age"),
        ("buildhub.cache_control", "public=1", "is 'public=1': expected public, got public=1"),
        ("buildhub.cache_control", "public max-age=6", "is 'public max-age=6': expected directi"),
        ("buildhub.cache_control", "public,,", "is 'public,,': expected directives of Cache-Con"),
        ("buildhub.coverage_max_age_hours", "-1", "is '-1': expected a number of hours above 0"),
        ("buildhub.coverage_max_age_hours", "soon", "is 'soon': expected a number of hours"),
        ("buildhub.coverage_collections", "releases", "is 'releases': expected bucket/collection"),
        ("buildhub.credential_admins", "ann", "is 'ann': expected account:NAME or /buckets/NAME"),
        ("buildhub.credential_admins", "system.Everyone", "is 'system.Everyone': expected account"),
        ("buildhub.credential_admins", "/buckets/a/groups", "is '/buckets/a/groups': expected acc"),
    ],
)
def test_a_value_that_does_not_parse_is_named_once(name, value, problem):
    with pytest.raises(SettingsError) as caught:
        read_settings({f"kinto.{name}": value}, {})
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(f"kinto.{name} {problem}")
    assert str(caught.value).count(name) == 1
    variable = f"KINTO_{name.replace('.', '_').upper()}"
    with pytest.raises(SettingsError, match=f"^{variable} {re.escape(problem)}"):
        read_settings({}, {variable: value})


@pytest.mark.parametrize(
    "value",
    [
        *("no-cache", "public, max-age=60", "Public,S-MaxAge=60", "private, max-age=0"),
        'no-cache="Set-Cookie, ETag"',
        pytest.param('public, community="UCI, \\"x\\""', id="an-extension-of-rfc-9111"),
        pytest.param("max-age=60, stale-while-revalidate=30", id="rfc-5861"),
        pytest.param("surrogate=1", id="an-extension-with-a-token"),
    ],
)
def test_directives_of_caches_are_taken(value):
    assert read_settings({"kinto.buildhub.cache_control": value}, {})["buildhub.cache_control"] == (
        value
    )


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("KINTO_STORAGE_ULR", "KINTO_STORAGE_URL"),
        ("KINTO_PERMISSION_URLS", "KINTO_PERMISSION_URL"),
        ("KINTO_CACHE_ULR", "KINTO_CACHE_URL"),
        ("KINTO_STORAGE_POOLSIZE", "KINTO_STORAGE_POOL_SIZE"),
        ("KINTO_USERID_HMAC_SECRETS", "KINTO_USERID_HMAC_SECRET"),
        ("KINTO_SEARCH_TIMEOUT_SECOND", "KINTO_SEARCH_TIMEOUT_SECONDS"),
        ("KINTO_ELASTICSEARCH_HOST", "KINTO_ELASTICSEARCH_HOSTS"),
        ("KINTO_BULK_BATCH_SIZES", "KINTO_BULK_BATCH_SIZE"),
        ("KINTO_BUILDHUB_COVERAGE_MAX_AGE", "KINTO_BUILDHUB_COVERAGE_MAX_AGE_HOURS"),
        ("KINTO_PAGINATE_BYE", "KINTO_PAGINATE_BY"),
        (
            "kinto.experimental_collection_schema_validaton",
            "kinto.experimental_collection_schema_validation",
        ),
        ("kinto.pagnate_by", "kinto.paginate_by"),
        ("kinto.bucket_create_principal", "kinto.bucket_create_principals"),
        ("kinto.record_crate_principals", "kinto.record_create_principals"),
        ("multiauth.polices", "multiauth.policies"),
        ("kinto.storage_ulr", "kinto.storage_url"),
        ("kinto.storage.url", "kinto.storage_url"),
        ("kinto.permission_urls", "kinto.permission_url"),
        ("kinto.cache_prefixes", "kinto.cache_prefix"),
        ("kinto.userid_hmac_key", "kinto.userid_hmac_secret"),
        ("kinto.search.pth", "kinto.search.path"),
        ("kinto.search_path", "kinto.search.path"),
        ("kinto.elasticsearch.index_prefixes", "kinto.elasticsearch.index_prefix"),
        ("kinto.bulk.bacth_size", "kinto.bulk.batch_size"),
        ("kinto.buildhub.coverage_collection", "kinto.buildhub.coverage_collections"),
    ],
)
def test_a_misspelt_name_is_refused(given, meant):
    ini, environ = ({}, {given: "x"}) if given.isupper() else ({given: "x"}, {})
    with pytest.raises(SettingsError) as caught:
        read_settings(ini, environ)
    assert caught.value.problems == (f"{given} is not a setting; is {meant} meant?",)


def test_a_name_that_resembles_none_is_refused_as_well():
    with pytest.raises(SettingsError, match=r"^KINTO_BULK_QUUX_PLUGH_XYZZY is not a setting\.$"):
        read_settings({}, {"KINTO_BULK_QUUX_PLUGH_XYZZY": "1"})


def test_all_problems_are_reported_at_once():
    with pytest.raises(SettingsError) as caught:
        read_settings({"bulk.batch_size": "0", "search.pth": "x"}, {"KINTO_STORAGE_ULR": "x"})
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize(
    "name",
    [
        *("kinto.storage_backend", "kinto.storage_max_fetch_size", "kinto.storage_poolclass"),
        *("kinto.storage_pool_size", "kinto.storage_max_overflow", "kinto.storage_max_backlog"),
        *("kinto.storage_pool_recycle", "kinto.storage_pool_timeout"),
        *("kinto.storage_pool_pre_ping", "kinto.permission_backend", "kinto.permission_pool_size"),
        *("kinto.permissions_read_principals", "kinto.cache_backend", "kinto.cache_prefix"),
        *("kinto.cache_hosts", "kinto.cache_max_size_bytes", "kinto.cache_pool_size"),
        *("kinto.record_cache_expires_seconds", "kinto.paginate_by", "kinto.attachment.folder"),
        *("KINTO_STORAGE_POOL_SIZE", "KINTO_CACHE_PREFIX", "KINTO_INI", "KINTO_PAGINATE_BY"),
        *("STORAGE_ULR", "SEARCH_TIMEOUT", "BUILDHUB_DATA"),
        *("kinto.root_cache_expires_seconds", "kinto.group_cache_expires_seconds"),
        *("kinto.account_read_principals", "kinto.collection_write_principals"),
        *("kinto.bucket_id_generator", "kinto.event_listeners.redis.use", "multiauth.policies"),
        *("multiauth.policy.account.use", "kinto.account_validation", "tm.annotate_user"),
    ],
)
def test_settings_of_kinto_and_names_of_others_are_left_alone(name):
    ini, environ = ({}, {name: "x"}) if name.isupper() else ({name: "x"}, {})
    read_settings(ini, environ)


def test_the_capabilities_get_all_their_settings():
    values = read_settings({}, {})
    assert SearchSettings.from_values(values).limits.buckets == 65536
    assert BulkSettings.from_values(values).batch_bytes == 4 * 1024 * 1024
    assert CoverageSettings.from_values(values).collections == (("build-hub", "releases"),)


def test_each_setting_has_one_row():
    names = [each.name for each in SETTINGS]
    assert sorted(set(names)) == sorted(names)


def test_each_setting_is_in_the_reference():
    page = settings_reference()
    for setting in SETTINGS:
        assert f"``{setting.ini_name}``, ``{setting.variable}``\n    {setting.help} " in page
    assert "kinto.search" not in settings_reference("bulk.")


def test_under_another_wsgi_server_it_is_a_configuration_error(make_app):
    with pytest.raises(ConfigurationError, match=r"is kinto\.bulk\.batch_size meant\?"):
        make_app(**{"kinto.bulk.batch_sizes": "5"})


COMMANDS = [
    pytest.param(("serve",), id="serve"),
    pytest.param(("demo",), id="demo"),
    pytest.param(("migrate",), id="migrate"),
    pytest.param(("reindex",), id="reindex"),
    pytest.param(("credentials",), id="credentials"),
]


def run_command(arguments: tuple[str, ...], data: Path, **environment: str):
    ports = {"PORT": str(free_port()), "SAMPLE_PORT": str(free_port())}
    return subprocess.run(
        [sys.executable, "-m", "buildhub", *arguments],
        env={"PATH": os.environ["PATH"], "BUILDHUB_DATA": str(data)} | ports | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_command_reports_it_before_anything_is_made(tmp_path, arguments):
    data = tmp_path / "data"
    done = run_command(
        arguments, data, KINTO_STORAGE_ULR="postgresql://s3cret", KINTO_BULK_BATCH_SIZE="0"
    )
    assert done.returncode == 2
    assert done.stderr == (
        "Error: KINTO_STORAGE_ULR is not a setting; is KINTO_STORAGE_URL meant?\n"
        "Error: KINTO_BULK_BATCH_SIZE is '0': expected a whole number from 1\n"
    )
    assert not data.exists()


@pytest.mark.parametrize(
    ("environment", "problem"),
    [
        pytest.param(
            {"KINTO_STORAGE_URL": DATABASE["KINTO_STORAGE_URL"]}
            | {"KINTO_USERID_HMAC_SECRET": "s3cret"},
            "kinto.storage_url is set, but not kinto.permission_url, kinto.cache_url: set all "
            "three or none.",
            id="one-url-of-three",
        ),
        pytest.param(DATABASE, "kinto.userid_hmac_secret is not set.", id="no-secret"),
    ],
)
def test_a_database_needs_three_urls_and_a_secret(tmp_path, environment, problem):
    done = run_command(("serve",), tmp_path / "data", **environment)
    assert done.returncode == 2
    assert done.stderr.startswith(f"Error: {problem}")
    assert "s3cret" not in done.stderr
    assert not (tmp_path / "data").exists()
