"""One table of products: a product is a row, and nothing else names one."""

import ast
from collections.abc import Iterator

import pytest
from buildhub_schema.fields import FIELDS
from buildhub_schema.products import (
    PRODUCT_NAMES,
    PRODUCTS,
    PRODUCTS_BY_TREE,
    find_product,
    product_title,
)

from tests.imports import PACKAGES

TABLE = PACKAGES["buildhub_schema"] / "buildhub_schema" / "products.py"


def test_no_two_products_have_the_same_name():
    assert len(set(PRODUCT_NAMES)) == len(PRODUCTS)


def test_products_share_a_folder_only_if_their_templates_tell_them_apart():
    layouts = [product.archive_folder for product in PRODUCTS if not product.templates]
    others = [product.archive_folder for product in PRODUCTS if product.templates]
    assert len(set(layouts)) == len(layouts)
    assert not set(layouts) & {folder.partition("/")[0] for folder in others}


def test_products_in_one_folder_of_the_root_have_their_areas_at_the_same_depth():
    for products in PRODUCTS_BY_TREE.values():
        assert len({product.archive_path.count("/") for product in products}) == 1


def test_no_two_templates_are_for_the_same_build():
    for product in PRODUCTS:
        areas = [(template.path.split("/")[0], template.platform) for template in product.templates]
        assert len(set(areas)) == len(areas)


def test_a_version_repeated_in_a_template_makes_its_path_the_only_one():
    assert all(
        "{version}" in template.path for product in PRODUCTS for template in product.templates
    )


def test_no_product_has_an_underscore_which_separates_the_parts_of_a_record_id():
    assert not [name for name in PRODUCT_NAMES if "_" in name]


@pytest.mark.parametrize(
    ("name", "title"),
    [("fenix", "Fenix"), ("vpn", "Mozilla VPN"), ("netscape", "Netscape"), ("", "")],
)
def test_a_product_has_a_name_for_people(name, title):
    assert product_title(name) == title


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("pub/devedition/releases/60.0b1/mac/de/Firefox 60.0b1.dmg", "devedition"),
        ("pub/focus/releases/126.0/android/klar-126.0-android-x86/klar-126.0.multi.apk", "klar"),
        ("pub/focus/releases/126.0/", "focus"),
        ("pub/thunderbird-mobile/android/releases/21.1/x.apk", "thunderbird-android"),
        ("pub/thunderbird-mobile/ios/", None),
        ("pub/seamonkey/releases/", None),
        ("", None),
    ],
)
def test_a_path_is_of_a_product_as_far_as_it_shows(path, name):
    found = find_product(path)
    assert (found and found.name) == name


def test_records_allow_the_products_of_the_table():
    (field,) = (field for field in FIELDS if field.name == "source.product")
    assert field.choices == PRODUCT_NAMES


def test_jobs_and_schema_name_products_in_the_table_only():
    assert list(iter_names()) == []


def iter_names() -> Iterator[str]:
    """Yield where jobs and schema have a product's name as a text."""
    for package in ("buildhub", "buildhub_schema"):
        for path in (PACKAGES[package] / package).rglob("*.py"):
            if path == TABLE:
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and node.value in PRODUCT_NAMES:
                    yield f"{path.name}:{node.lineno} {node.value}"
