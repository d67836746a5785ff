"""The catalogued products: a folder of the archive, a name in records, the start of file names."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        name: as records have it, ``source.product``.
        folder: its folder under ``pub/``.
        prefix: how the names of its files begin, lower case.
    """

    name: str
    folder: str
    prefix: str


PRODUCTS = (
    Product("firefox", folder="firefox", prefix="firefox"),
    Product("devedition", folder="devedition", prefix="firefox"),
    Product("thunderbird", folder="thunderbird", prefix="thunderbird"),
    Product("fennec", folder="mobile", prefix="fennec"),
)

FOLDERS = tuple(f"pub/{product.folder}/" for product in PRODUCTS)

BY_NAME = {product.name: product for product in PRODUCTS}
BY_FOLDER = {product.folder: product for product in PRODUCTS}
