"""The catalogued products, one row each: what differs from product to product."""

from dataclasses import dataclass
from enum import Enum


class Layout(Enum):
    """How a product's folders and files are named."""

    DESKTOP = "desktop"
    """A version has folders for platform and locale; a dated folder holds all platforms."""
    FENNEC = "fennec"
    """Every file name contains locale and platform; a dated folder is for one platform. A build
    called ``multi`` holds several locales."""


@dataclass(frozen=True, slots=True)
class Product:
    """One product.

    Attributes:
        name: as in records, ``source.product``.
        archive_folder: name of its folder below ``pub/``.
        file_prefix: how its file names begin, in lower case.
        layout: how its folders and files are named.
        beta_channel: channel of the versions that contain a ``b``.
        nightly_branch: branch that its nightly folders are named after.
        inventory: end of the name of the bucket whose inventory lists it.
    """

    name: str
    archive_folder: str
    file_prefix: str
    layout: Layout = Layout.DESKTOP
    beta_channel: str = "beta"
    nightly_branch: str = "mozilla-central"
    inventory: str = "archive"

    @property
    def archive_path(self) -> str:
        """Path of its folder in the archive, a slash at the end."""
        return f"pub/{self.archive_folder}/"


PRODUCTS = (
    Product("firefox", "firefox", "firefox", inventory="firefox"),
    Product("devedition", "devedition", "firefox", beta_channel="aurora"),
    Product("thunderbird", "thunderbird", "thunderbird", nightly_branch="comm-central"),
    Product("fennec", "mobile", "fennec", layout=Layout.FENNEC),
)

PRODUCT_NAMES = tuple(product.name for product in PRODUCTS)
DEFAULT_PRODUCT = PRODUCT_NAMES[0]
"""The product that is meant where people name none."""
PRODUCT_PATHS = tuple(product.archive_path for product in PRODUCTS)

PRODUCTS_BY_NAME = {product.name: product for product in PRODUCTS}
PRODUCTS_BY_FOLDER = {product.archive_folder: product for product in PRODUCTS}
