"""A catalogue with a search index, loaded from the sample archive, for tests to break.

It is shared by a module. Each test repairs it: an audit after the test checks that.
"""

import asyncio
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus, unquote

import pytest
import requests
import webtest
from aiohttp import web
from buildhub.audit import audit
from buildhub.audit.options import AuditLimits, AuditOptions
from buildhub.audit.report.report import AuditReport
from buildhub.audit.report.text import summary_line
from buildhub.counts.summary import ExitCode
from buildhub.load import load
from buildhub.settings import Settings, read_settings
from buildhub_sample_archive import Fault, SampleArchive
from buildhub_sample_archive.http.bucket_listing import ARCHIVE_BUCKET
from buildhub_sample_archive.http.faults import Faults
from buildhub_sample_archive.http.listing import STYLES
from buildhub_sample_archive.http.server import SampleServer
from buildhub_sample_archive.objects import Folder, same
from kinto_buildhub.search.engine import Change, Engine
from kinto_buildhub.search.index_names import IndexId

from tests.conftest import serving
from tests.jobs.conftest import AUTH, QUICK, row, stored, write_inventory
from tests.stand_ins.http_server import running

FOLDERS = (
    "pub/devedition/releases/54.0b12/",
    "pub/firefox/candidates/56.0b12-candidates/",
    "pub/firefox/nightly/2017/",
    "pub/firefox/releases/1.5/",  # With conflicts.
    "pub/firefox/releases/53.0/",
    "pub/firefox/releases/56.0b12/",
    "pub/mobile/releases/57.0/",
    "pub/thunderbird/releases/31.0/",
)


# An index that is behind is checked more often, and at shorter intervals.
QUICK_LIMITS = AuditLimits(index_checks=20, index_wait_seconds=0.1, repair_wait_seconds=0.1)

Handler = Callable[[web.Request], web.Response | None]


class Archive(SampleServer):
    """The FOLDERS of the tiny sample, with their metadata; it can be broken.

    Attributes:
        instead: responds in the place of the archive; None lets the archive respond.
        requested: the paths of all requests.
    """

    def __init__(self) -> None:
        super().__init__("tiny", "s3")
        self.archive.root = _pruned(self.archive.root, "")
        self.instead: Handler = lambda request: None
        self.requested: list[str] = []

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.requested.append(unquote(request.raw_path.lstrip("/")))
        return self.instead(request) or await super().handle(request)

    @contextmanager
    def broken(
        self, *faults: Fault, style: str = "s3", instead: Handler = lambda request: None
    ) -> Iterator[None]:
        """Break it while the context lasts."""
        self.faults, self.style, self.instead = Faults(faults), STYLES[style], instead
        self.requested.clear()
        try:
            yield
        finally:
            self.faults, self.style, self.instead = Faults(), STYLES["s3"], lambda request: None


def _pruned(folder: Folder, path: str) -> Folder:
    """Return *folder*, at *path*, with the builds of the FOLDERS alone."""
    inside = path.startswith(FOLDERS)
    files = [file for file in folder.files if inside or not file.is_build]
    folders = {}
    for name, make in folder.folders.items():
        below = f"{path}{name}/"
        wanted = (*FOLDERS, *CANDIDATES)
        if below.startswith(wanted) or any(each.startswith(below) for each in wanted):
            found = _pruned(make(), below)
            if not found.is_empty:
                folders[name] = same(found)
    return Folder(tuple(files), folders)


@dataclass(frozen=True)
class Catalogue:
    """The catalogue, and ways to break it.

    Attributes:
        side: the archive side of its audits, ``inventories``, ``listings`` or ``bucket``.
    """

    settings: Settings
    app: webtest.TestApp
    inventory: str
    archive: Archive
    side: str = "inventories"

    @property
    def url(self) -> str:
        place = f"buckets/{self.settings.bucket_id}/collections/{self.settings.collection_id}"
        return f"{self.settings.server_url}/{place}"

    @property
    def engine(self) -> Engine:
        engine: Engine = self._search.engine
        return engine

    @property
    def _search(self) -> Any:
        return self.app.app.registry.buildhub_search

    @property
    def index(self) -> IndexId:
        return IndexId(self.settings.bucket_id, self.settings.collection_id)

    def records(self) -> dict[str, dict[str, Any]]:
        return stored(self.settings)

    def wait_for_index(self) -> None:
        """Wait until the index has followed the last write."""
        newest = self._send("HEAD", "").headers["ETag"].strip('"')
        assert self._search.follower.wait_for(self.index, int(newest), 60)

    def change_index(self, changes: list[Change]) -> None:
        """Change the index behind the store's back, once it has followed the last write."""
        self.wait_for_index()
        self.engine.apply(self.index, changes, self.engine.position(self.index) or 0)

    def delete(self, record_id: str) -> None:
        self._send("DELETE", record_id)

    def put(self, record: dict[str, Any]) -> None:
        kept = {name: value for name, value in record.items() if name != "last_modified"}
        self._send("PUT", record["id"], {"data": kept})

    def change(self, record_id: str, name: str, value: Any) -> None:
        """Give a field, by its dotted name, another value; None removes it."""
        record = self.records()[record_id]
        group, _, leaf = name.partition(".")
        if value is None:
            del record[group][leaf]
        else:
            record.setdefault(group, {})[leaf] = value
        self.put(record)

    def audit(self, *, sources: tuple[str, ...] = (), **options: Any) -> AuditReport:
        """Audit against the archive, or *sources*; shipped versions are checked only on request."""
        defaults = {
            "check_shipped": False,
            "listings": self.side == "listings",
            "limits": QUICK_LIMITS,
        }
        chosen = AuditOptions(**defaults | options)
        settings = self.settings
        if self.side == "bucket":
            endpoint = settings.archive_url
            settings = replace(settings, archive_bucket=ARCHIVE_BUCKET, gcs_endpoint_url=endpoint)
        elif not sources:
            sources = (self.inventory,)
        return asyncio.run(audit(settings, chosen, sources=sources))

    def _send(self, method: str, record_id: str, body: Any = None) -> requests.Response:
        url = f"{self.url}/records/{record_id}".rstrip("/")
        user, password = AUTH.split(":")
        answer = requests.request(method, url, json=body, auth=(user, password), timeout=30)
        answer.raise_for_status()
        return answer


# The folders with the metadata of the releases.
CANDIDATES = tuple(
    folder.replace("/releases/", "/candidates/").removesuffix("/") + "-candidates/"
    for folder in FOLDERS
    if "/releases/" in folder
)


def _rows() -> Iterator[str]:
    """Yield the inventory's rows of what is in the FOLDERS: a few hundred builds."""
    archive = SampleArchive("tiny")
    for folder in FOLDERS:
        for each in archive.iter_objects(folder):
            key = quote_plus(each.path, safe="/")
            yield row(key, str(each.size), each.modified.strftime("%Y-%m-%dT%H:%M:%S.000Z"))


@pytest.fixture(scope="module")
def loaded(
    make_app: Callable[..., webtest.TestApp],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Catalogue]:
    folder: Path = tmp_path_factory.mktemp("audited")
    app = make_app(**{"kinto.search.path": str(folder / "search")})
    archive = Archive()
    with serving(app.app) as url, running(archive.handle) as archive_url:
        settings = read_settings(
            {
                "AUTH": AUTH,
                "SERVER_URL": url,
                "BUCKET": f"test-{uuid.uuid4().hex}",
                "ARCHIVE_URL": archive_url,
                "S3_ENDPOINT_URL": archive_url,
                "PRODUCT_DETAILS_URL": f"{archive_url}/1.0/",
                "BUILDHUB_DATA": str(folder / "data"),
                "NB_RETRY_REQUEST": "1",
                "LOG_LEVEL": "ERROR",
            }
        )
        settings = replace(settings, retry_waits=QUICK)
        inventory = write_inventory(folder, list(_rows()))
        summary = asyncio.run(load(settings, sources=[inventory]))
        assert summary.exit_code == ExitCode.SUCCESS
        catalogue = Catalogue(settings, app, inventory, archive)
        catalogue.wait_for_index()
        yield catalogue
        app.app.registry.buildhub_search.follower.stop()
        app.app.registry.buildhub_search.engine.close()
        archive.store.close()


@pytest.fixture
def catalogue(loaded: Catalogue) -> Iterator[Catalogue]:
    """The loaded catalogue, which has to agree with the archive when the test ends."""
    yield loaded
    report = loaded.audit()
    assert report.exit_code == ExitCode.SUCCESS, summary_line(report)
