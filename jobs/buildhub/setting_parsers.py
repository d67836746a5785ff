"""Parsers of settings: text in, value out; their ValueErrors say what would do."""

import base64
import binascii
import math
import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from buildhub_schema.products import PRODUCT_NAMES, PRODUCTS
from buildhub_schema.text.mozlog import LOG_FORMATS

GCS_CREDENTIALS = ("anonymous", "google")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")

_PRODUCT_SPELLINGS = {product.archive_folder: product.name for product in PRODUCTS} | {
    name: name for name in PRODUCT_NAMES
}
_FLAGS = {"true": True, "1": True, "yes": True, "on": True} | dict.fromkeys(
    ("false", "0", "no", "off"), False
)


def text(value: str) -> str:
    """Take any text that is not blank."""
    if not value.strip():
        raise ValueError("is blank")
    return value.strip()


def url(value: str) -> str:
    """Take an HTTP address, without the slashes at its end."""
    parts = urlsplit(value.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("is no address; expected one as https://host/path")
    return value.strip().rstrip("/")


def server_url(value: str) -> str:
    """Take the address of a Kinto server, which ends in the version of its API."""
    address = url(value)
    if "@" in urlsplit(address).netloc:
        raise ValueError("contains an account, which belongs into AUTH or AUTH_FILE")
    if not re.search(r"/v\d+$", address):
        raise ValueError("lacks the API's version; expected an address as https://host/v1")
    return address


def folder_url(value: str) -> str:
    """Take an HTTP address, with one slash at its end."""
    return url(value) + "/"


def identifier(value: str) -> str:
    """Take the ID of a bucket or a collection."""
    if not re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]*", value):
        raise ValueError("is no ID; expected letters, digits, - and _")
    return value


def archive_bucket(value: str) -> str:
    """Take the address of a bucket, ``gs://name``; return its name."""
    found = re.fullmatch(r"gs://([a-z0-9][a-z0-9._-]{1,220}[a-z0-9])/?", value.strip())
    if not found:
        raise ValueError("is no bucket of Google Cloud Storage; expected one as gs://name")
    return found[1]


def gcs_credentials(value: str) -> str:
    """Take who lists a bucket."""
    if value.strip() not in GCS_CREDENTIALS:
        raise ValueError(f"expected {' or '.join(GCS_CREDENTIALS)}")
    return value.strip()


def subscription(value: str) -> str:
    """Take the name of a subscription of Pub/Sub."""
    return _pubsub_name(value, "subscriptions")


def topic(value: str) -> str:
    """Take the name of a topic of Pub/Sub."""
    return _pubsub_name(value, "topics")


def _pubsub_name(value: str, kind: str) -> str:
    parts = value.strip().split("/")
    if len(parts) != 4 or parts[0] != "projects" or parts[2] != kind or not all(parts):
        raise ValueError(f"expected projects/…/{kind}/…")
    return value.strip()


def credentials(value: str) -> str:
    """Take ``user:password``. Messages do not repeat it."""
    user, colon, password = value.partition(":")
    if not (user and colon and password):
        raise ValueError("expected user:password")
    return value


def header_text(value: str) -> str:
    """Take what fits between a header's quotes. Messages do not repeat it."""
    if not re.fullmatch(r"[!#-\[\]-~]+", value.strip()):
        raise ValueError("expected letters, digits and punctuation without spaces and quotes")
    return value.strip()


_ED25519_SEED_BYTES = 32


def webhook_secret(value: str) -> bytes:
    """Take the secret of a webhook's receiver. Messages do not repeat it."""
    return _prefixed_bytes(value, "whsec_", range(24, 65))


def webhook_signing_key(value: str) -> bytes:
    """Take a key for Ed25519, with or without its public half; return its seed."""
    lengths = (_ED25519_SEED_BYTES, 2 * _ED25519_SEED_BYTES)
    return _prefixed_bytes(value, "whsk_", lengths)[:_ED25519_SEED_BYTES]


def _prefixed_bytes(value: str, prefix: str, lengths: Sequence[int]) -> bytes:
    text = value.strip()
    try:
        found = base64.b64decode(text.removeprefix(prefix), validate=True)
    except binascii.Error:
        found = b""
    if not text.startswith(prefix) or len(found) not in lengths:
        raise ValueError(f"expected {prefix} and {lengths[0]} to {lengths[-1]} bytes in base64")
    return found


def words(value: str) -> tuple[str, ...]:
    """Take names that are separated by spaces or commas; at least one."""
    found = tuple(value.replace(",", " ").split())
    if not found:
        raise ValueError("is empty; expected names that are separated by spaces")
    return found


def products(value: str) -> frozenset[str]:
    """Take products, in a record's or in the archive's spelling."""
    found = frozenset(_PRODUCT_SPELLINGS.get(word, word) for word in words(value))
    unknown = sorted(found - set(PRODUCT_NAMES))
    if unknown:
        raise ValueError(f"names {', '.join(unknown)}; expected some of {', '.join(PRODUCT_NAMES)}")
    return found


def flag(value: str) -> bool:
    """Take yes or no, in the common spellings."""
    try:
        return _FLAGS[value.strip().lower()]
    except KeyError:
        raise ValueError("is neither true nor false") from None


def count(value: str) -> int:
    """Take a whole number from zero."""
    if not re.fullmatch(r"[0-9]{1,9}", value.strip()):
        raise ValueError("is no count; expected a whole number from 0")
    return int(value)


def positive_int(value: str) -> int:
    """Take a whole number from one."""
    if count(value) == 0:
        raise ValueError("is too small; expected a whole number from 1")
    return int(value)


def visibility_timeout(value: str) -> int:
    """Take a visibility timeout of SQS in seconds: up to twelve hours."""
    if not 2 <= count(value) <= 43_200:
        raise ValueError("is out of range; expected 2 to 43200 seconds")
    return int(value)


def duration(value: str) -> float:
    """Take a length of time, zero included, in the unit that ends the setting's name."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not 0 <= number < math.inf:
        raise ValueError("is no length of time; expected a number from 0")
    return number


def positive_float(value: str) -> float:
    """Take a length of time that is not zero."""
    if duration(value) == 0:
        raise ValueError("is too small; expected a number above 0")
    return float(value)


def folder(value: str) -> Path:
    """Take a folder, which need not exist yet; ``~`` is the user's home."""
    return Path(text(value)).expanduser()


def log_format(value: str) -> str:
    """Take the name of a format of log lines."""
    if value.strip().lower() not in LOG_FORMATS:
        raise ValueError(f"is no log format; expected one of {', '.join(LOG_FORMATS)}")
    return value.strip().lower()


def log_level(value: str) -> str:
    """Take the name of a log level."""
    if value.strip().upper() not in LOG_LEVELS:
        raise ValueError(f"is no log level; expected one of {', '.join(LOG_LEVELS)}")
    return value.strip().upper()
