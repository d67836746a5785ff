"""``buildhub record``: what an address means."""

import json

import pytest
from buildhub.command import main
from buildhub.command.record_lookup import archive_path
from buildhub_sample_archive import Fault, running_sample_archive
from buildhub_schema import json_schema
from click.testing import CliRunner, Result
from jsonschema import Draft7Validator

from tests.stand_ins.programs import free_port

ARCHIVE = "https://archive.mozilla.org/"
DMG = "pub/firefox/releases/50.0b11/mac/el/Firefox 50.0b11.dmg"
EXE = "pub/firefox/releases/56.0b12/win32/fr/Firefox Setup 56.0b12.exe"


def record(*arguments: str, **environment: str) -> Result:
    return CliRunner().invoke(main, ["record", *arguments], env=environment)


SPELLINGS = [
    pytest.param(f"{ARCHIVE}{DMG}", DMG, id="spaces-as-they-are"),
    pytest.param(f"{ARCHIVE}{DMG.replace(' ', '%20')}", DMG, id="as-a-browser-shows"),
    pytest.param(f"{ARCHIVE}{DMG.replace(' ', '+')}", DMG, id="as-in-an-event"),
    pytest.param(f"http://ftp.mozilla.org/{DMG}", DMG, id="the-old-host"),
    pytest.param(f"https://ftp.mozilla.org/pub/mozilla.org/{DMG[4:]}", DMG, id="the-old-root"),
    pytest.param(DMG, DMG, id="a-path"),
    pytest.param(f"/{DMG}", DMG, id="a-path-with-a-slash"),
    pytest.param(f"https://releases.mozilla.org/pub/mozilla.org/{DMG[4:]}", DMG, id="releases"),
    pytest.param(f"https://download-installer.cdn.mozilla.net/{DMG}", DMG, id="a-cdn"),
    pytest.param(f"https://download-origin.cdn.mozilla.net/{DMG}", DMG, id="the-cdn-s-origin"),
    pytest.param(f"http://download.cdn.mozilla.net/{DMG}", DMG, id="the-older-cdn"),
    pytest.param(f"HTTPS://Archive.Mozilla.ORG:443/{DMG}", DMG, id="in-capitals-with-a-port"),
    pytest.param(f"ftp://ftp.mozilla.org/{DMG}", DMG, id="ftp"),
    pytest.param(f"archive.mozilla.org/{DMG}", DMG, id="without-a-scheme"),
    pytest.param(f"//archive.mozilla.org/{DMG}", DMG, id="a-protocol-relative-address"),
    pytest.param(f"{ARCHIVE}{DMG}?from=mail&x=1", DMG, id="with-a-query"),
    pytest.param(f"{ARCHIVE}{DMG}#top", DMG, id="with-a-fragment"),
    pytest.param(f"{DMG}?x#y", DMG, id="a-path-with-both"),
    pytest.param(f"http://local:1/a/{DMG}?x", DMG, id="the-settings-archive-with-a-query"),
    pytest.param(f"https://local:1/a/{DMG}", DMG, id="the-settings-archive-with-tls"),
    pytest.param("https://host/pub/x", None, id="another-host-s"),
    pytest.param(f"https://archive.mozilla.org.evil.example/{DMG}", None, id="a-similar-host"),
    pytest.param("http://[x/pub", None, id="no-address"),
    pytest.param("https://download.mozilla.org/?product=firefox-53.0", None, id="a-redirector"),
    pytest.param("http://local:1/a/pub/x", "pub/x", id="the-archive-of-the-settings"),
]


@pytest.mark.parametrize(("url", "path"), SPELLINGS)
def test_archive_path(url: str, path: str | None) -> None:
    assert archive_path(url, "http://local:1/a/") == path


def test_offline_the_record_has_what_the_address_says() -> None:
    done = record("--offline", f"{ARCHIVE}{DMG}")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "id": "firefox_beta_50-0b11_macosx_el",
        "source": {"product": "firefox"},
        "target": {
            "version": "50.0b11",
            "locale": "el",
            "channel": "beta",
            "platform": "macosx",
            "os": "mac",
        },
        "download": {
            "url": f"{ARCHIVE}{DMG}",
            "mimetype": "application/x-apple-diskimage",
        },
    }


def test_a_url_that_is_not_a_build_prints_null_and_the_reason() -> None:
    done = record("--offline", "pub/firefox/releases/60.0/SHA256SUMS")
    assert (done.exit_code, done.stdout) == (0, "null\n")
    assert done.stderr == "pub/firefox/releases/60.0/SHA256SUMS: checksums (checksums)\n"


def test_several_addresses_give_a_document_a_line() -> None:
    done = record("--offline", DMG, "favicon.ico", EXE)
    documents = [json.loads(line) for line in done.stdout.splitlines()]
    assert [document and document["id"] for document in documents] == [
        "firefox_beta_50-0b11_macosx_el",
        None,
        "firefox_beta_56-0b12_win32_fr",
    ]


def test_with_the_archive_the_record_is_whole(sample_archive: str) -> None:
    done = record(f"{sample_archive}/{EXE.replace(' ', '%20')}", ARCHIVE_URL=sample_archive)
    assert (done.exit_code, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    Draft7Validator(json_schema()).validate({k: v for k, v in found.items() if k != "id"})
    assert found["build"]["id"].isdigit()
    assert found["download"]["size"] > 10_000_000


def test_a_missing_file_is_reported(sample_archive: str) -> None:
    done = record(DMG.replace("50.0b11", "49.0b1"), ARCHIVE_URL=sample_archive)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["id"] == "firefox_beta_49-0b1_macosx_el"
    assert "not found in the archive" in done.stderr


def test_without_the_archive_the_address_is_used() -> None:
    with running_sample_archive("tiny", faults=[Fault("unavailable", "^/pub/")]) as url:
        done = record(DMG, ARCHIVE_URL=url)
    assert done.exit_code == 0
    assert json.loads(done.stdout)["id"] == "firefox_beta_50-0b11_macosx_el"
    assert "using only the URL" in done.stderr


@pytest.mark.parametrize("arguments", [[], ["--nonsense"]])
def test_bad_usage_exits_with_2(arguments: list[str]) -> None:
    done = record(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")


def test_a_bad_setting_exits_with_2_and_is_named() -> None:
    done = record(DMG, ARCHIVE_URL="nowhere")
    assert done.exit_code == 2
    assert "buildhub: environment ARCHIVE_URL: 'nowhere' is no address" in done.stderr


def test_explained_each_field_says_where_it_comes_from(sample_archive: str) -> None:
    done = record("--explain", "--json", EXE, ARCHIVE_URL=sample_archive)
    assert (done.exit_code, done.stderr) == (0, "")
    facts = {fact["field"]: fact for fact in json.loads(done.stdout)}
    found = json.loads(record(EXE, ARCHIVE_URL=sample_archive).stdout)
    assert {name: fact["value"] for name, fact in facts.items()} == {
        "id": found["id"],
        **{
            f"{group}.{name}": value
            for group in ("source", "target", "build", "download")
            for name, value in found[group].items()
        },
    }
    candidates = "pub/firefox/candidates/56.0b12-candidates/"
    assert facts["download.size"]["from"] == "file"
    assert facts["build.id"]["from"] == "metadata"
    assert facts["build.id"]["where"] == f"{candidates}build1/win32/en-US/firefox-56.0b12.json"
    assert "candidate with the highest number" in facts["build.id"]["why"]
    assert (facts["build.number"]["from"], facts["build.number"]["where"]) == (
        "folder",
        candidates,
    )
    assert facts["target.locale"] == {"field": "target.locale", "value": "fr", "from": "path"}


def test_explained_as_text_a_field_takes_two_lines() -> None:
    lines = record("--explain", "--offline", DMG).stdout.splitlines()
    place = lines.index("target.channel     beta")
    assert lines[place + 1].strip() == "rule: the form of the version 50.0b11"
    assert record("--explain", "pub/x").stdout == "null\n"


MISSING = EXE.replace("/fr/", "/zu/")
NO_BUILD = "pub/firefox/releases/60.0/SHA256SUMS"
# Arguments, and the exit codes without and with --check.
EXIT_CODES = [
    ([EXE], 0, 0),
    ([MISSING], 0, 1),
    ([NO_BUILD], 0, 1),
    (["https://host/pub/x"], 0, 1),
    ([EXE, MISSING, EXE], 0, 1),
    (["--offline", MISSING], 0, 0),
    (["--offline", NO_BUILD], 0, 1),
    (["--explain", NO_BUILD], 0, 1),
    ([], 2, 2),
]


@pytest.mark.parametrize(("arguments", "described", "checked"), EXIT_CODES)
def test_exit_codes(
    arguments: list[str], described: int, checked: int, sample_archive: str
) -> None:
    assert record(*arguments, ARCHIVE_URL=sample_archive).exit_code == described
    assert record("--check", *arguments, ARCHIVE_URL=sample_archive).exit_code == checked


def test_an_archive_that_does_not_answer_has_its_own_exit_code() -> None:
    away = f"http://127.0.0.1:{free_port()}/"
    assert record(EXE, NO_BUILD, ARCHIVE_URL=away).exit_code == 0
    assert record("--check", EXE, NO_BUILD, ARCHIVE_URL=away).exit_code == 3


def test_another_host_s_address_is_named_as_such() -> None:
    done = record("--offline", "https://host.example/pub/x")
    assert done.stderr.startswith("https://host.example/pub/x: not an address of the archive")
