"""What ``buildhub demo`` prints when everything runs: addresses, and requests to try."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

from buildhub_schema import BUCKET_ID, COLLECTION_ID
from buildhub_schema.text.printable import without_credentials

from buildhub.archive.fetch import USER_AGENT


@dataclass(frozen=True, slots=True)
class DemoAddresses:
    """The URLs of the demo's programs; without a sample archive there is no S3 endpoint."""

    server_url: str
    archive_url: str
    s3_endpoint_url: str | None

    @property
    def records_url(self) -> str:
        """The catalogue's records."""
        return f"{self.server_url}/buckets/{BUCKET_ID}/collections/{COLLECTION_ID}/records"


def demo_summary(addresses: DemoAddresses, sample: str, credentials: Path) -> str:
    """Return the text; the server has to answer."""
    records = addresses.records_url
    # A build ID of the version in the documentation's examples, or of any build.
    example = _first(f"{records}?target.version=53.0b9&has_build.id=true") or _first(
        f"{records}?has_build.id=true"
    )
    build_id = example.get("build", {}).get("id", "20170403083344")
    version = example.get("target", {}).get("version", "53.0b9")
    archive_url = without_credentials(addresses.archive_url)
    source = f"sample archive, {sample}" if addresses.s3_endpoint_url else archive_url
    return f"""
{_count(records):,} builds are catalogued, from the {source}.

  catalogue  {addresses.server_url}/catalog/, in a browser
  API        {addresses.server_url}/
  records    {records}
  exports    {addresses.server_url}/exports/latest/, made at the first start
  archive    {archive_url}pub/
  password   {credentials}, to publish with

Try:

  # Is this build ID official, that is, of builds that are more than candidates?
  curl -s -I "{records}?build.id={build_id}&has_target.candidate=false&_limit=1" | grep ^Total-Records

  # Which changeset is it?
  curl -s "{records}?build.id={build_id}&_limit=1" | jq -r '.data[].source.revision'

  # Which locales does {version} have?
  curl -s "{records}?target.version={version}" | jq -r '.data[].target.locale' | sort -u

  # Which build IDs belong to 56.0b12?
  curl -s "{records}?target.version=56.0b12" | jq -r '.data[].build.id' | sort -u

  # What was the last Firefox nightly before June 2017?
  curl -s "{records}?target.channel=nightly&source.product=firefox&lt_build.date=2017-06-01&_sort=-build.date&_limit=1" | jq

Ctrl-C stops everything. The data stays, and the next start takes seconds.
"""  # noqa: E501 - lines to paste.


def _first(url: str) -> dict[str, Any]:
    with _ask(f"{url}&_limit=1") as answer:
        found: list[dict[str, Any]] = json.load(answer)["data"]
    return found[0] if found else {}


def _count(url: str) -> int:
    with _ask(url, "HEAD") as answer:
        return int(answer.headers["Total-Records"])


def _ask(url: str, method: str = "GET") -> Any:
    # A server may refuse the name that Python would send.
    request = Request(url, headers={"User-Agent": USER_AGENT}, method=method)  # noqa: S310 - ours.
    return urlopen(request, timeout=60)  # noqa: S310 - our own address.
