"""The channel of a build that is no nightly, by its version."""

from buildhub_schema.products import Product


def guess_channel(product: Product, version: str) -> str:
    """Return the channel that a version was built for, as far as the version shows."""
    if "b" in version:
        return product.beta_channel
    return "esr" if version.endswith("esr") else "release"
