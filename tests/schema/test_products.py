"""One table of products: a product is a row, and nothing else names one."""

import ast
from collections.abc import Iterator

import pytest
from buildhub_schema.fields import FIELDS
from buildhub_schema.products import PRODUCT_NAMES, PRODUCTS

from tests.imports import PACKAGES

TABLE = PACKAGES["buildhub_schema"] / "buildhub_schema" / "products.py"


@pytest.mark.parametrize("attribute", ["name", "archive_folder"])
def test_no_two_products_have_the_same(attribute):
    values = [getattr(product, attribute) for product in PRODUCTS]
    assert len(set(values)) == len(values)


def test_no_product_has_an_underscore_which_separates_the_parts_of_a_record_id():
    assert not [name for name in PRODUCT_NAMES if "_" in name]


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
