"""What is asked of search for the newest builds, and what is made of its answers."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from buildhub_schema.newest.esr import ESR, ESR_NEXT, Esrs, find_esrs
from buildhub_schema.versions import version_order

from kinto_buildhub.catalog.searches.catalogue import Catalogue
from kinto_buildhub.catalog.searches.newest import (
    newest_aggregation,
    newest_request,
    read_newest,
    shipped,
)
from kinto_buildhub.catalog.searches.versions import VERSIONS, read_moment
from kinto_buildhub.latest.errors import NoBuild
from kinto_buildhub.latest.wanted import Wanted

# More than there are.
_MOST = 50

Record = Mapping[str, Any]


def find_newest(catalogue: Catalogue, wanted: Wanted) -> Record:
    """Return the record of the newest build; {} if there is none."""
    return read_newest(catalogue.search(newest_request(wanted.filters())))


def find_channels(catalogue: Catalogue, wanted: Wanted) -> dict[str, dict[str, Record]]:
    """Return the newest build of each channel, ``esr-next`` among them, by product."""
    channels = _terms("target.channel", newest=newest_aggregation())
    products = _aggregate(catalogue, wanted, _terms("source.product", channels=channels))
    return {
        product["key"]: _with_esrs(
            catalogue,
            replace(wanted, product=product["key"]),
            {each["key"]: read_newest(each["newest"]) for each in product["channels"]["buckets"]},
        )
        for product in products
    }


def _with_esrs(
    catalogue: Catalogue, wanted: Wanted, channels: dict[str, Record]
) -> dict[str, Record]:
    if ESR not in channels:
        return channels
    esrs = _ask_esrs(catalogue, wanted)
    for name, versions in ((ESR, esrs.esr), (ESR_NEXT, esrs.next)):
        if versions:
            channels[name] = find_newest(catalogue, replace(wanted, channel=ESR, versions=versions))
    return channels


def narrow_to_esr(catalogue: Catalogue, wanted: Wanted) -> Wanted:
    """Return what is wanted, with the versions of one ESR if it is ``esr`` or ``esr-next``.

    Raises:
        NoBuild: there is no next one.
    """
    if wanted.channel not in (ESR, ESR_NEXT):
        return wanted
    esrs = _ask_esrs(catalogue, wanted)
    if wanted.channel == ESR:
        return replace(wanted, versions=esrs.esr)
    if esrs.esr and not esrs.next:
        newest = max(esrs.esr, key=version_order)
        raise NoBuild(
            f"There is no {ESR_NEXT} of {wanted.product}: no newer ESR overlaps with {newest}, "
            f"which {ESR} leads to."
        )
    return replace(wanted, channel=ESR, versions=esrs.next, alias=ESR_NEXT)


def _ask_esrs(catalogue: Catalogue, wanted: Wanted) -> Esrs:
    """Return the versions of the ESRs of a product."""
    dates = {name: {"max": {"field": name}} for name in ("build.date", "download.date")}
    esr = replace(wanted, channel=ESR, platform="", locale="")
    versions = _aggregate(catalogue, esr, _terms("target.version", VERSIONS, **dates))
    moments = {
        each["key"]: read_moment(each["build.date"]) or read_moment(each["download.date"])
        for each in versions
    }
    return find_esrs({version: moment for version, moment in moments.items() if moment})


def find_values(catalogue: Catalogue, wanted: Wanted, field: str) -> tuple[str, ...]:
    """Return the values of a field among the builds that may be the newest, most builds first."""
    return tuple(each["key"] for each in _aggregate(catalogue, wanted, _terms(field, VERSIONS)))


def _terms(field: str, size: int = _MOST, **below: dict[str, Any]) -> dict[str, Any]:
    return {"terms": {"field": field, "size": size}, **({"aggs": below} if below else {})}


def _aggregate(
    catalogue: Catalogue, wanted: Wanted, aggregation: dict[str, Any]
) -> list[dict[str, Any]]:
    """Return the buckets of an aggregation over all builds that may be the newest."""
    body = {"query": shipped(wanted.filters()), "size": 0, "aggs": {"found": aggregation}}
    buckets: list[dict[str, Any]] = catalogue.search(body)["aggregations"]["found"]["buckets"]
    return buckets
