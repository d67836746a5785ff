"""Which revisions have a page that people can follow."""

import pytest
from kinto_buildhub.catalog.pages.source_links import source_link

HTTP = "http://hg.mozilla.org"
HG, GIT = "https://hg.mozilla.org/releases/mozilla-beta", "https://github.com/mozilla/vpn"
SHORT, LONG = "829a3f99f260", "829a3f99f2606759305e3db204185242566a4ca6"


@pytest.mark.parametrize(
    ("repository", "revision", "link"),
    [
        pytest.param(HG, LONG, f"{HG}/rev/{LONG}", id="mercurial"),
        pytest.param(f"{HG}/", SHORT, f"{HG}/rev/{SHORT}", id="slash-and-12-digits"),
        pytest.param(GIT, LONG, f"{GIT}/commit/{LONG}", id="github"),
        pytest.param(f"{GIT}.git", LONG, f"{GIT}/commit/{LONG}", id="github-clone-address"),
        pytest.param(
            "http://hg.mozilla.org/a", SHORT, f"http://hg.mozilla.org/a/rev/{SHORT}", id="http"
        ),
        pytest.param("https://hg.example/a", LONG, None, id="unknown-site"),
        pytest.param("https://hg.mozilla.org.example/a", LONG, None, id="site-that-begins-so"),
        pytest.param("https://example@evil.example/hg.mozilla.org", LONG, None, id="other-host"),
        pytest.param("https://evil.example\\@hg.mozilla.org/a", LONG, None, id="backslash"),
        pytest.param("https://hg.mozilla.org\\@evil.example/a", LONG, None, id="backslash-after"),
        pytest.param("https://a:b@hg.mozilla.org/a", LONG, None, id="user"),
        pytest.param("javascript://hg.mozilla.org/%0aalert(1)", LONG, None, id="script"),
        pytest.param("https://[", LONG, None, id="no-address"),
        pytest.param(HG, "tip", None, id="no-revision"),
        pytest.param(HG, "../../x", None, id="path"),
        pytest.param(HG, None, None, id="revision-unknown"),
        pytest.param(None, LONG, None, id="repository-unknown"),
        pytest.param(5, {"a": 1}, None, id="not-text"),
    ],
)
def test_a_revision_leads_to_its_page_on_a_known_site(
    repository: object, revision: object, link: str | None
) -> None:
    assert source_link(repository, revision) == link
