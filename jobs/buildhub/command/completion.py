"""What a shell completes in words about builds: products, channels, locales. No server is asked."""

from collections.abc import Iterator

import click
from buildhub_schema.coverage import NIGHTLY_CHANNELS, VERSION_CHANNELS
from buildhub_schema.products import PRODUCT_NAMES
from buildhub_schema.release_history import historic_releases
from click.shell_completion import CompletionItem


def complete_word(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Return the words that begin like *incomplete*, without those that stand already."""
    given = set(context.params.get(parameter.name or "") or ())
    return [
        CompletionItem(word, help=kind)
        for word, kind in _iter_words()
        if word.lower().startswith(incomplete.lower()) and word not in given
    ]


def _iter_words() -> Iterator[tuple[str, str]]:
    yield from ((name, "product") for name in PRODUCT_NAMES)
    yield from ((name, "channel") for name in (*VERSION_CHANNELS, *NIGHTLY_CHANNELS))
    locales = {locale for release in historic_releases() for locale in release.locales or ()}
    yield from ((name, "locale") for name in sorted(locales))
