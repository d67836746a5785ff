"""What Schemathesis does not know of this API: how to write NDJSON, and which headers fit nothing.

Loaded by its process (``SCHEMATHESIS_HOOKS``), and by nothing else.
"""

import json
from typing import Any

import schemathesis
from hypothesis import strategies as st
from kinto_buildhub.api_docs.endpoints.builds import BUILD, RECORD_ID
from kinto_buildhub.api_docs.endpoints.kinto_parameters import IF_MATCH, IF_NONE_MATCH
from kinto_buildhub.api_docs.endpoints.search import NDJSON

_SEARCH = {"size": 1, "query": {"term": {"target.version": "53.0b9"}}}

_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=8), values),
    max_leaves=5,
)
# What bulk and searches take, the same with other values, and anything.
_lines = st.sampled_from([{}, {"id": RECORD_ID, **BUILD}, _SEARCH]).flatmap(
    lambda line: st.just(line) | st.fixed_dictionaries(dict.fromkeys(line, _values))
)
_texts = st.lists((_lines | _values).map(json.dumps) | st.text(max_size=8), max_size=4)


@schemathesis.serializer(NDJSON)
def write_ndjson(context: Any, value: Any) -> bytes:
    """Return the bytes of a body, which is text in the document."""
    return str(value).encode("utf-8", "replace")


@schemathesis.hook
def before_generate_body(context: Any, strategy: Any) -> Any:
    """Add bodies of lines to texts of any kind."""
    kinds = {each.media_type for each in context.operation.body}
    return _texts.map("\n".join) | strategy if NDJSON in kinds else strategy


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """Leave out tags of versions that nothing has: there would be no other answer than 412."""
    for name in (IF_MATCH.name, IF_NONE_MATCH.name):
        if case.headers and case.headers.get(name) in (IF_MATCH.example, IF_NONE_MATCH.example):
            del case.headers[name]
