"""The files of product-details, limited to the releases that the sample has.

The real archive does not serve these files; another host does, under the same paths.
"""

import json
from collections.abc import Iterable
from typing import Any

from buildhub_sample_archive.builds.eras import number_of
from buildhub_sample_archive.builds.history import Release, releases
from buildhub_sample_archive.sizes import Size

_FILES = {
    "1.0/firefox.json": ("firefox",),
    "1.0/devedition.json": ("devedition",),
    "1.0/thunderbird.json": ("thunderbird",),
    "1.0/mobile_android.json": ("fennec", "fenix"),
}


def product_details(path: str, size: Size) -> bytes | None:
    """Return the file at *path* for a sample of that *size*, None if there is none."""
    products = _FILES.get(path)
    if products is None:
        return None
    chosen = (each for each in releases() if each.product in products and size.has(each))
    return json.dumps({"releases": dict(_entries(chosen))}).encode()


def _entries(chosen: Iterable[Release]) -> Iterable[tuple[str, dict[str, Any]]]:
    for release in chosen:
        product = _listed_as(release)
        yield (
            f"{product}-{release.version}",
            {
                "build_number": release.attempts,
                "category": _category(release.version),
                "date": release.day.isoformat(),
                "description": None,
                "is_security_driven": False,
                "product": product,
                # Only the key shows that it is an ESR.
                "version": release.version.removesuffix("esr"),
            },
        )


def _listed_as(release: Release) -> str:
    """Return the product's name there: Fenix has that of its later repository from 111 on."""
    is_later = release.product == "fenix" and number_of(release.version) >= (111, 0)
    return "firefox-android" if is_later else release.product


def _category(version: str) -> str:
    if version.endswith("esr"):
        return "esr"
    if not version.replace(".", "").isdecimal():
        return "dev"
    return "stability" if version.count(".") > 1 else "major"
