"""Hit options as JSON for a cluster: page, sort, source, fields, highlights, collapse."""

from dataclasses import replace

from kinto_buildhub.search.elastic.render.index_fields import IndexFields
from kinto_buildhub.search.elastic.render.queries import Json, given, render_query
from kinto_buildhub.search.language import tree
from kinto_buildhub.search.language.name_patterns import is_like
from kinto_buildhub.search.language.paging import TIE_BREAK


def render_hits(fields: IndexFields, options: tree.HitOptions) -> Json:
    """Return the options for hits of a request, of inner hits, or of a ``top_hits``."""
    body: Json = {"size": options.size}
    if options.from_:
        body["from"] = options.from_
    if options.sort:
        body["sort"] = [_sort_key(fields, key) for key in options.sort]
    if not options.source.enabled:
        body["_source"] = False
    elif options.source.includes or options.source.excludes:
        source = {"includes": options.source.includes, "excludes": options.source.excludes}
        body["_source"] = {side: list(names) for side, names in source.items() if names}
    if options.fields:
        body["fields"] = [_fetch_field(fields, each) for each in options.fields]
    if docvalue_fields := [*_computed_fields(fields, options), *options.docvalue_fields]:
        body["docvalue_fields"] = [_fetch_field(fields, each) for each in docvalue_fields]
    if options.highlight:
        body["highlight"] = _highlights(fields, options.highlight)
    if options.version:
        body["version"] = True
    if options.track_scores:
        body["track_scores"] = True
    return body


def render_collapse(fields: IndexFields, collapse: tree.Collapse) -> Json:
    """Return the content of ``collapse``."""
    body: Json = {"field": fields.name(collapse.field)}
    if collapse.inner_hits:
        body["inner_hits"] = [
            {"name": name, **render_hits(fields, hits)} for name, hits in collapse.inner_hits
        ]
    return body


def _sort_key(fields: IndexFields, key: tree.SortKey) -> Json:
    if key.field == TIE_BREAK:
        return {fields.id_name(): {"order": key.order}}
    if key.field in ("_score", "_doc"):
        return {key.field: {"order": key.order}}
    body: Json = {"order": key.order, "missing": key.missing}
    if key.unmapped:
        body["unmapped_type"] = "keyword" if key.unmapped == "version" else key.unmapped
    return {fields.name(key.field): body | given(mode=key.mode, format=key.format)}


def _computed_fields(fields: IndexFields, options: tree.HitOptions) -> list[tree.FetchField]:
    """Return the computed fields among ``fields``: their values are in no source."""
    return [
        tree.FetchField(field=field.name)
        for field in fields.computed()
        if any(is_like(field.name, each.field) for each in options.fields)
    ]


def _fetch_field(fields: IndexFields, fetch: tree.FetchField) -> Json:
    unmapped = fetch.include_unmapped or None
    options = given(format=fetch.format, include_unmapped=unmapped)
    return {"field": fields.name(fetch.field), **options}


def _highlights(fields: IndexFields, highlights: tuple[tree.HighlightField, ...]) -> Json:
    if all(each.is_html for each in highlights):  # Older servers do not have it for each field.
        plain = [replace(each, is_html=False) for each in highlights]
        return {"encoder": "html", "fields": [_highlight(fields, each) for each in plain]}
    return {"fields": [_highlight(fields, each) for each in highlights]}


def _highlight(fields: IndexFields, highlight: tree.HighlightField) -> Json:
    body: Json = {
        "pre_tags": list(highlight.pre_tags),
        "post_tags": list(highlight.post_tags),
        "fragment_size": highlight.fragment_size,
        "number_of_fragments": highlight.number_of_fragments,
        "require_field_match": highlight.require_field_match,
    }
    if highlight.is_html:
        body["encoder"] = "html"
    if highlight.no_match_size:
        body["no_match_size"] = highlight.no_match_size
    if highlight.query is not None:
        body["highlight_query"] = render_query(fields, highlight.query)
    return {fields.name(highlight.field): body}
