"""Bad input: it never makes an audit call a record missing or extra by mistake."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from buildhub.command import main
from buildhub.counts.summary import ExitCode
from buildhub.settings import SETTINGS, Settings
from buildhub_sample_archive import running_sample_archive
from buildhub_sample_archive.http.faults import Fault
from click.testing import CliRunner, Result

from tests.conftest import make_record
from tests.jobs.audit.conftest import Catalogue
from tests.jobs.conftest import AUTH, row, write_inventory
from tests.stand_ins.http_server import forwarding, running
from tests.stand_ins.programs import free_port

EXAMPLE = "firefox_beta_56-0b12_win32_fr"


def environment(settings: Settings, **changes: str) -> dict[str, str]:
    """Return *settings* as environment variables."""
    named = ("server_url", "bucket_id", "archive_url", "product_details_url", "data_folder")
    variables = {each.name: each.variable for each in SETTINGS}
    given = {variables[name]: str(getattr(settings, name)) for name in named}
    return given | {"AUTH": AUTH, "NB_RETRY_REQUEST": "0", "LOG_LEVEL": "WARNING"} | changes


def run(catalogue: Catalogue, *arguments: str, **changes: str) -> Result:
    return CliRunner().invoke(
        main, ["audit", *arguments], env=environment(catalogue.settings, **changes)
    )


def report_of(done: Result) -> dict[str, Any]:
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def first_rows(catalogue: Catalogue, tmp_path: Path, **changes: Any) -> str:
    """Write an inventory of one build, the EXAMPLE."""
    path = catalogue.records()[EXAMPLE]["download"]["url"].partition("/pub/")[2]
    return write_inventory(tmp_path, [row("pub/" + path.replace(" ", "+"))], **changes)


def test_the_index_alone_is_compared_without_an_archive(catalogue: Catalogue) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}/"
    done = run(catalogue, "--index", "--json", ARCHIVE_URL=nowhere, INVENTORIES_URL=nowhere)
    report = report_of(done)
    assert (done.exit_code, report["archive"]) == (ExitCode.SUCCESS, None)
    assert report["index"] == report["catalogue"] == {"records": len(catalogue.records())}


def test_the_index_alone_takes_no_inventory(catalogue: Catalogue) -> None:
    done = run(catalogue, "--index", catalogue.inventory)
    assert done.exit_code == ExitCode.USAGE
    assert "leave SOURCE out" in done.stderr


def test_a_server_that_is_down_is_reported(catalogue: Catalogue) -> None:
    url = f"http://127.0.0.1:{free_port()}/v1"
    done = run(catalogue, catalogue.inventory, SERVER_URL=url)
    assert done.exit_code == ExitCode.FAILURE
    assert url in done.stderr


def test_a_server_that_fails_on_the_way_ends_the_audit(catalogue: Catalogue) -> None:
    def fail(request: web.Request, _: int) -> web.Response | None:
        return web.Response(status=503) if request.path.endswith("/records") else None

    root = catalogue.settings.server_url.removesuffix("/v1")
    with running(forwarding(root, fail)) as url:
        done = run(catalogue, "--json", catalogue.inventory, SERVER_URL=f"{url}/v1")
    assert done.exit_code == ExitCode.FAILURE
    assert "answers 503" in report_of(done)["failure"]
    assert report_of(done)["missing"]["count"] == 0


def test_a_wrong_password_is_reported(catalogue: Catalogue) -> None:
    catalogue.delete(EXAMPLE)
    done = run(catalogue, "--repair", "--no-shipped", catalogue.inventory, AUTH="somebody:else")
    assert done.exit_code == ExitCode.FAILURE
    assert "somebody" in done.stderr
    assert catalogue.audit(repair=True).exit_code == ExitCode.SUCCESS


def test_without_any_inventory_nothing_is_extra(catalogue: Catalogue, tmp_path: Path) -> None:
    done = run(catalogue, "--repair", "--force", "--json", str(tmp_path / "manifest.json"))
    assert done.exit_code == ExitCode.FAILURE
    assert "manifest.json: not found" in done.stderr
    assert report_of(done)["extra"]["count"] == 0


INCOMPLETE = [
    pytest.param({"packed": b"\x1f\x8b nonsense"}, "damaged-inventory-part", id="damaged-part"),
    pytest.param({"MD5checksum": "0" * 32}, "missing-inventory-part", id="another-md5"),
    pytest.param({"key": "data/missing.csv.gz"}, "missing-inventory-part", id="missing-part"),
]


@pytest.mark.parametrize(("changes", "reason"), INCOMPLETE)
def test_where_an_inventory_is_incomplete_nothing_is_extra(
    catalogue: Catalogue, tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    source = first_rows(catalogue, tmp_path, **changes)
    done = run(catalogue, "--repair", "--force", "--no-shipped", "--json", source)
    assert done.exit_code == ExitCode.PARTIAL
    report = report_of(done)
    assert report["unsettled"] == {reason: 1}
    assert report["archive"]["complete"] is False
    assert (report["extra"]["count"], report["repaired"]["deleted"]) == (0, 0)
    assert report["not_judged"]["archive-incomplete"] > 100


def test_where_one_of_two_inventories_is_missing_nothing_is_extra(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    source = first_rows(catalogue, tmp_path)
    sources = (source, str(tmp_path / "other" / "manifest.json"))
    done = run(catalogue, "--repair", "--force", "--no-shipped", "--json", *sources)
    assert report_of(done)["unsettled"] == {"missing-inventory": 1}
    assert (report_of(done)["extra"]["count"], done.exit_code) == (0, ExitCode.PARTIAL)


def test_an_unreadable_row_makes_the_archive_side_incomplete(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    path = "pub/firefox/releases/53.0/win32/fr/Firefox+Setup+53.0.exe"
    source = write_inventory(tmp_path, [row(path, size="much")])
    report = report_of(run(catalogue, "--no-shipped", "--json", source))
    assert report["unsettled"] == {"unreadable-row": 1}
    assert (report["extra"]["count"], report["missing"]["count"]) == (0, 0)


def test_products_that_the_inventories_do_not_contain_are_not_extra(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    empty = write_inventory(tmp_path, [])
    report = report_of(run(catalogue, "--repair", "--force", "--no-shipped", "--json", empty))
    assert report["extra"]["count"] == 0
    assert set(report["unsettled"]) == {
        f"product-not-in-archive: {product}"
        for product in ("firefox", "devedition", "thunderbird", "fennec")
    }


def test_too_much_to_delete_is_reported(catalogue: Catalogue, tmp_path: Path) -> None:
    source = Path(first_rows(catalogue, tmp_path))
    later = {"creationTimestamp": "1764547200000"}  # After all that is catalogued.
    source.write_text(json.dumps(json.loads(source.read_text()) | later))
    before = catalogue.records().keys()
    done = run(catalogue, "--repair", "--no-shipped", "--product", "firefox", str(source))
    assert done.exit_code == ExitCode.PARTIAL
    assert "too_many_to_delete" in done.stderr
    assert catalogue.records().keys() == before
    catalogue.audit(repair=True)


def test_what_was_written_after_the_inventory_is_not_judged(catalogue: Catalogue) -> None:
    catalogue.put(make_record(id="later", download__date="2026-01-01T00:00:00Z"))
    report = catalogue.audit()
    assert (report.extra.count, report.exit_code) == (0, ExitCode.SUCCESS)
    assert report.not_judged == {"newer-than-archive-side": 1}
    catalogue.delete("later")


def test_a_record_dated_in_the_future_is_extra(catalogue: Catalogue) -> None:
    catalogue.put(make_record(id="never", download__date="2999-01-01T00:00:00Z"))
    assert catalogue.audit(repair=True).extra.count == 1


def test_files_that_are_too_young_may_be_there_or_not(catalogue: Catalogue) -> None:
    catalogue.delete(EXAMPLE)
    old = run(catalogue, "--no-shipped", "--min-age-hours", "900000", "--json", catalogue.inventory)
    assert old.exit_code == ExitCode.SUCCESS
    assert (report_of(old)["missing"]["count"], report_of(old)["extra"]["count"]) == (0, 0)
    catalogue.audit(repair=True)


def test_builds_without_a_build_id_may_be_left_out(catalogue: Catalogue) -> None:
    bare = next(each for each in catalogue.records().values() if "id" not in each.get("build", {}))
    catalogue.delete(bare["id"])
    assert catalogue.audit(skip_incomplete=True).exit_code == ExitCode.SUCCESS
    assert catalogue.audit(repair=True).missing.count == 1


def test_metadata_that_cannot_be_fetched_makes_nothing_different(
    catalogue: Catalogue, tmp_path: Path
) -> None:
    pattern = r"/56\.0b12-candidates/.*win32/.*\.json"
    with running_sample_archive("tiny", faults=[Fault("unavailable", pattern=pattern)]) as url:
        moved = replace(
            catalogue.settings, archive_url=f"{url}/", data_folder=tmp_path, retry_count=0
        )
        report = replace(catalogue, settings=moved).audit(versions=frozenset({"56.0b12"}))
    assert report.extra.count == 0
    assert report.complete
    assert report.summary.read_counts.unsettled["metadata-out-of-reach"] > 1
    assert "firefox_beta_56-0b12_win32_fr" not in {
        finding.record_id for finding in report.different.shown
    }


def test_an_archive_that_is_down_ends_the_audit(catalogue: Catalogue, tmp_path: Path) -> None:
    done = run(
        catalogue,
        "--no-shipped",
        catalogue.inventory,
        ARCHIVE_URL=f"http://127.0.0.1:{free_port()}/",
        BUILDHUB_DATA=str(tmp_path),
    )
    assert done.exit_code == ExitCode.FAILURE
    assert "the archive is down" in done.stderr


def test_a_list_of_shipped_versions_that_cannot_be_fetched_is_reported(
    catalogue: Catalogue,
) -> None:
    for url in (f"{catalogue.settings.archive_url}nowhere/", f"http://127.0.0.1:{free_port()}/"):
        done = run(catalogue, "--json", catalogue.inventory, PRODUCT_DETAILS_URL=url)
        assert done.exit_code == ExitCode.PARTIAL
        assert report_of(done)["unsettled"] == {"list-of-shipped-versions": 1}
        assert report_of(done)["shipped"] is None
        assert f"{url}firefox.json" in done.stderr


def test_an_index_that_cannot_be_searched_is_reported(catalogue: Catalogue) -> None:
    def fail(request: web.Request, _: int) -> web.Response | None:
        return web.Response(status=503) if request.path.endswith("/_search") else None

    root = catalogue.settings.server_url.removesuffix("/v1")
    with running(forwarding(root, fail)) as url:
        done = run(catalogue, "--no-shipped", "--json", catalogue.inventory, SERVER_URL=f"{url}/v1")
    assert report_of(done)["unsettled"] == {"index-out-of-reach": 1}
    assert (done.exit_code, report_of(done)["missing"]["count"]) == (ExitCode.PARTIAL, 0)
    assert all(
        report_of(done)[kind]["count"] == 0 for kind in ("unindexed", "orphaned", "outdated")
    )


USAGE = [
    pytest.param(("--since", "yesterday"), {}, "yesterday", id="no-day"),
    pytest.param(("--product", "netscape"), {}, "netscape", id="no-product"),
    pytest.param(("--limit", "-1"), {}, "--limit", id="no-limit"),
    pytest.param(("--repair",), {"AUTH": ""}, "AUTH", id="no-account-to-repair-with"),
    pytest.param((), {"PRODUCT_DETAILS_URL": "here"}, "PRODUCT_DETAILS_URL", id="no-address"),
]


@pytest.mark.parametrize(("arguments", "changes", "message"), USAGE)
def test_bad_usage_is_refused(
    catalogue: Catalogue, arguments: tuple[str, ...], changes: dict[str, str], message: str
) -> None:
    done = run(catalogue, *arguments, **changes)
    assert done.exit_code == ExitCode.USAGE
    assert message in done.stderr
