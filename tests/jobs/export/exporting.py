"""How the tests fill a collection and export it."""

import gzip
import json
from pathlib import Path
from typing import Any

import requests
from buildhub.client import BuildHub
from buildhub.command import main
from click.testing import CliRunner, Result

from tests.jobs.served_catalogue import Place

AUTH = ("publisher", "secret")


def publish(place: Place, *records: dict[str, Any]) -> None:
    account = ":".join(AUTH)
    where = {"bucket": place.bucket, "collection": place.collection}
    with BuildHub(place.url, auth=account, **where) as hub:
        published = hub.publish(records)
    assert published.refused == 0, published.errors


def environment(place: Place) -> dict[str, str]:
    return {"SERVER_URL": place.url, "BUCKET": place.bucket, "COLLECTION": place.collection}


def export(place: Place, folder: Path, *arguments: str, **variables: str) -> Result:
    command = ["export", "-o", str(folder), *arguments]
    return CliRunner().invoke(main, command, env=environment(place) | variables)


def stored(place: Place) -> dict[str, dict[str, Any]]:
    url = f"{place.url}/buckets/{place.bucket}/collections/{place.collection}/records"
    answer = requests.get(url, auth=AUTH, timeout=30)
    answer.raise_for_status()
    return {record["id"]: record for record in answer.json()["data"]}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in gzip.open(path)]
