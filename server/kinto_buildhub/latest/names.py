"""What people call products, channels and platforms, and what the catalogue calls them."""

from collections.abc import Mapping

from kinto_buildhub.catalog.search_state.meanings.synonyms import OF_VALUES
from kinto_buildhub.catalog.search_state.vocabulary import Vocabulary

# Developer Edition became a product of its own in 2017; before and after, it is a channel to many.
_DEVEDITION = ("devedition", "aurora")
_CHANNELS: Mapping[tuple[str, str], tuple[str, str]] = {
    ("firefox", "devedition"): _DEVEDITION,
    ("devedition", "devedition"): _DEVEDITION,
}

# As the addresses of download pages have them: without a number, the one of 32 bits.
_PLATFORMS: Mapping[str, str] = {
    "linux": "linux-i686",
    "win": "win32",
    "windows": "win32",
    "mac": "macosx",
    "macos": "macosx",
    "osx": "macosx",
}


def find_channel(product: str, channel: str, vocabulary: Vocabulary) -> tuple[str, str]:
    """Return a product and a channel as records have them; what nothing is known of, as it is.

    ``esr-next`` stays, as it is a part of a channel.
    """
    product = _find("product", product, vocabulary)
    channel = _find("channel", channel, vocabulary)
    return _CHANNELS.get((product, channel.lower()), (product, channel))


def find_platform(platform: str, vocabulary: Vocabulary) -> str:
    """Return a platform as records have it."""
    return _find("platform", platform, vocabulary)


def find_locale(locale: str, vocabulary: Vocabulary) -> str:
    """Return a locale in its own case."""
    return _find("locale", locale, vocabulary)


def other_names(facet: str) -> Mapping[str, str]:
    """Return what people call the values of a facet, in lower case, and the values."""
    found = {name: value for name, (other, value) in OF_VALUES.items() if other == facet}
    return {**found, **(_PLATFORMS if facet == "platform" else {})}


def _find(facet: str, text: str, vocabulary: Vocabulary) -> str:
    """Return the value that is spelt so in any case, or is called so."""
    return vocabulary.find(facet, text) or other_names(facet).get(text.lower()) or text
