"""The pages of the catalogue, each in all its formats."""

from typing import NamedTuple

from kinto_buildhub.api_docs.components import ANY_OBJECT, TEXT, WHOLE
from kinto_buildhub.api_docs.endpoints.builds import BUILD_ID, RECORD_ID
from kinto_buildhub.api_operations import (
    JSON,
    Access,
    Answer,
    ErrorShape,
    Operation,
    Parameter,
    path_parameter,
)
from kinto_buildhub.catalog.addresses import PAGES
from kinto_buildhub.catalog.columns import COLUMNS, FACETS
from kinto_buildhub.catalog.integrations import badge_view, opensearch
from kinto_buildhub.catalog.paths import SUGGESTIONS
from kinto_buildhub.catalog.responses import FORMATS
from kinto_buildhub.catalog.responses.page_address import HTML
from kinto_buildhub.catalog.search_state.state import MAX_SIZE

_HEADERS = ("ETag", "Cache-Control", "Complete-Until")
_EXAMPLES = {
    "product": "firefox",
    "channel": "beta",
    "version": "53.0b9",
    "platform": "win64",
    "os": "win",
    "locale": "fr",
}
_OTHER_FORMATS = {JSON: ANY_OBJECT, "text/csv": TEXT, "application/atom+xml": TEXT}
_TYPES = dict(zip((name for name in FORMATS if name != HTML), _OTHER_FORMATS, strict=True))

_FORMAT = Parameter(
    "format",
    ", ".join(f"`{name}`: `{media_type}`" for name, media_type in _TYPES.items()),
    "json",
    {"enum": list(_TYPES)},
    place="path",
    required=True,
    filled_in=True,
)
_CHOICES = (
    Parameter("q", "What is in the box: words, `field:value`, dates.", "53.0b9", filled_in=True),
    *(
        Parameter(facet.name, f"{facet.label}; may be repeated.", _EXAMPLES[facet.name])
        for facet in FACETS
    ),
    Parameter("from", "Published on this day or later.", "2017-04-01"),
    Parameter("to", "Published on this day or before.", "2017-05-01"),
    Parameter(
        "sort",
        "A column, with `-` before it for descending order.",
        "-published",
        {"enum": [sign + column.name for column in COLUMNS for sign in ("", "-")]},
    ),
    Parameter("size", "Rows on a page.", 10, WHOLE | {"minimum": 1, "maximum": MAX_SIZE}),
    Parameter("start", "How many rows are before these.", 0, WHOLE),
    Parameter("after", "The place after a row, as links of pages have it.", "W10"),
    Parameter("before", "The place before a row, as links of pages have it.", "W10"),
    Parameter(
        "all",
        "A choice of which all values are listed; may be repeated.",
        "locale",
        {"enum": [facet.name for facet in FACETS]},
    ),
)


class _Texts(NamedTuple):
    operation_id: str
    summary: str
    description: str
    parameters: tuple[Parameter, ...]


_PRODUCT = path_parameter("product", "The product.", "firefox")
_TEXTS = {
    "catalog-search": _Texts(
        "search_page", "Search page", "Builds that match, and how many there are of each.", _CHOICES
    ),
    "catalog-build": _Texts(
        "build_page",
        "Page of a build ID",
        "Is it official, and which builds have it?",
        (path_parameter("build_id", "The digits.", BUILD_ID),),
    ),
    "catalog-record": _Texts(
        "record_page",
        "Page of a record",
        "One downloadable build, with its neighbours.",
        (path_parameter("record_id", "ID of the record.", RECORD_ID),),
    ),
    "catalog-product": _Texts(
        "product_page", "Page of a product", "Its newest versions and nightlies.", (_PRODUCT,)
    ),
    "catalog-version": _Texts(
        "version_page",
        "Page of a version",
        "Its build IDs, locales and platforms, and what is missing.",
        (_PRODUCT, path_parameter("version", "The version.", "53.0b9")),
    ),
}


def _page(
    path: str, texts: _Texts, content: dict[str, dict[str, object]], *, is_format: bool
) -> Operation:
    return Operation(
        "GET",
        path,
        f"{texts.operation_id}_in_format" if is_format else texts.operation_id,
        f"{texts.summary}, as data" if is_format else texts.summary,
        texts.description,
        "Catalogue pages",
        {200: Answer("The page.", content, _HEADERS), 304: Answer("Nothing has changed.")},
        (*texts.parameters, *((_FORMAT,) if is_format else ())),
        errors=(401, 404, 504),
        error_shape=ErrorShape.PAGE,
    )


CATALOGUE = (
    *(
        _page(page.path.replace(":.+", ""), _TEXTS[page.name], {"text/html": TEXT}, is_format=False)
        for page in PAGES
    ),
    *(
        _page(
            page.path.replace(":.+", "") + ".{format}",
            _TEXTS[page.name],
            _OTHER_FORMATS,
            is_format=True,
        )
        for page in PAGES
    ),
    Operation(
        "GET",
        badge_view.PATH,
        "badge",
        "Badge of a channel",
        "The version, or the build ID of the newest nightly, as a picture for a README.",
        "Catalogue pages",
        {200: Answer("The badge.", {"image/svg+xml": TEXT}, ("Cache-Control",))},
        (_PRODUCT, path_parameter("channel", "The channel.", "beta")),
        errors=(401, 404),
        error_shape=ErrorShape.PICTURE,
    ),
    Operation(
        "GET",
        SUGGESTIONS,
        "suggestions",
        "Suggestions for the search box",
        "What may go on with the last word of the text.",
        "Catalogue pages",
        {
            200: Answer(
                "Suggestions, the most builds first.",
                {
                    JSON: {
                        "type": "object",
                        "properties": {
                            "q": TEXT,
                            "suggestions": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["text", "value", "label", "count"],
                                },
                            },
                        },
                    },
                    "application/x-suggestions+json": {"type": "array"},
                },
                ("Cache-Control",),
            )
        },
        (
            *_CHOICES,
            Parameter(
                "format",
                "Suggestions as browsers read them.",
                "opensearch",
                {"const": "opensearch"},
            ),
        ),
        errors=(401, 404, 504),
    ),
    Operation(
        "GET",
        opensearch.PATH,
        "opensearch_description",
        "Description of the search, for browsers",
        "OpenSearch 1.1.",
        "Catalogue pages",
        {200: Answer("XML.", {opensearch.MEDIA_TYPE: TEXT}, ("Cache-Control",))},
        access=Access.EVERYONE,
    ),
)
