"""Listing a bucket in Google Cloud Storage's JSON API, page after page."""

from collections.abc import AsyncGenerator
from pathlib import Path
from urllib.parse import quote, urlencode

from buildhub.archive.bucket.credentials import Anonymous, Authorizes, open_credentials
from buildhub.archive.bucket.objects import FIELDS, BucketPage, parse_page
from buildhub.archive.circuit_breaker import CircuitBreaker
from buildhub.archive.fetch import Fetcher
from buildhub.errors import BadListing, Unavailable
from buildhub.settings import Settings

SCHEME = "gs://"

MOST_RESULTS = 1000
"""Objects and prefixes together; the store gives no more at a time."""


class BucketClient:
    """Lists one bucket.

    Every method raises :class:`Unavailable` where the store does not answer usefully, also after
    the retries, :class:`ArchiveDown` where it has stopped answering, and :class:`BadListing`.

    Args:
        fetcher: sends the requests; it has the limits.
        endpoint_url: of the store, a slash at its end.
        bucket: its name.
        credentials: whom the store should take us for.
        breaker: notices where the store has stopped answering.
        page_size: how many objects and prefixes to ask for at a time.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        endpoint_url: str,
        bucket: str,
        *,
        credentials: Authorizes | None = None,
        breaker: CircuitBreaker | None = None,
        page_size: int = MOST_RESULTS,
    ) -> None:
        self._fetcher = fetcher
        self._url = f"{endpoint_url}storage/v1/b/{quote(bucket, safe='')}/o"
        self.bucket = bucket
        self._credentials = credentials or Anonymous()
        self._breaker = breaker or CircuitBreaker()
        self._page_size = page_size
        self.page_count = 0
        """How many pages came so far."""

    async def list_page(
        self, prefix: str, *, delimiter: str = "", start: str = "", end: str = "", token: str = ""
    ) -> BucketPage:
        """Return a page of the objects whose names start with *prefix*.

        Args:
            prefix: of names.
            delimiter: fold names behind it into folders.
            start: the first name wanted; the *token* of a page may be behind it.
            end: the first name that is not wanted any more.
            token: of a page, from the one before.
        """
        name = f"{SCHEME}{self.bucket}/{max(prefix, start)}"
        wanted = {
            "prefix": prefix,
            "delimiter": delimiter,
            "startOffset": start,
            "endOffset": end,
            "pageToken": token,
            "maxResults": str(self._page_size),
            "fields": FIELDS,
        }
        given = {parameter: value for parameter, value in wanted.items() if value}
        url = f"{self._url}?{urlencode(given, quote_via=quote, safe='/,()')}"
        with self._breaker.calling():
            headers = await self._credentials.headers()
            response = await self._fetcher.get(url, headers=headers)
        self.page_count += 1
        if response.body is None:
            raise Unavailable(f"{name}: HTTP {response.status}; is there such a bucket?")
        return parse_page(response.body, prefix=prefix, name=name)

    async def fetch(self, path: str) -> bytes | None:
        """Return the bytes of a small object; None where there is none."""
        headers = await self._credentials.headers()
        return (await self._fetcher.get(self._media_url(path), headers=headers)).body

    async def download(self, path: str, target: Path, *, largest_bytes: int) -> bool:
        """Write an object to *target*; False where there is none.

        Raises:
            BadData: there is more than *largest_bytes*.
        """
        headers = await self._credentials.headers()
        return await self._fetcher.download(
            self._media_url(path), target, largest_bytes=largest_bytes, headers=headers
        )

    def _media_url(self, path: str) -> str:
        return f"{self._url}/{quote(path, safe='')}?alt=media"

    async def iter_pages(
        self, prefix: str, *, delimiter: str = "", start: str = "", end: str = ""
    ) -> AsyncGenerator[BucketPage, str | None]:
        """Yield the pages of a listing; the arguments are those of :meth:`list_page`.

        A name that is sent to the generator is the start of the next page: what is between them
        is not listed.
        """
        token = ""
        while True:
            page = await self.list_page(
                prefix, delimiter=delimiter, start=start, end=end, token=token
            )
            jump = yield page
            if page.next_token is None:
                return
            if jump:
                start, token = jump, ""
            elif page.next_token == token:
                raise BadListing(f"{SCHEME}{self.bucket}/{prefix}: a page leads to itself")
            else:
                token = page.next_token


def open_client(settings: Settings, bucket: str, fetcher: Fetcher) -> BucketClient:
    """Return a client for *bucket* in the store that *settings* name.

    Raises:
        ConfigError: there are no credentials of the kind that *settings* name.
    """
    endpoint = settings.gcs_endpoint_url
    credentials = open_credentials(settings.gcs_credentials, endpoint, settings.retry_policy)
    return BucketClient(fetcher, endpoint, bucket, credentials=credentials)
