"""Every setting of the jobs, in one table: the command's options and the docs are made from it.

A value comes from the command line, else from the environment, else it is the default. All are
read once, at the start, into a frozen object that is passed to what needs it.
"""

import difflib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from buildhub_schema import BUCKET_ID, COLLECTION_ID
from buildhub_schema.products import PRODUCT_NAMES

from buildhub import setting_parsers
from buildhub.aio.retry_policy import RetryPolicy, RetryWaits
from buildhub.errors import ConfigError

LINES_PER_REQUEST = 1000
"""Records in a request: a megabyte, and a tenth of a second of the server's work."""

OLD_MAX_AGE = "MIN_AGE_LAST_MODIFIED_HOURS"
"""Its name says the opposite of what it did in the old commands, and does there."""

CREDENTIALS: dict[str, str] = {
    "auth": "user name and password",
    "token": "token",
    "client_id": "client ID and secret",
}
"""The kinds of credentials, by the setting that a job has one of, and what messages call them."""

CREDENTIAL_VARIABLES = (
    "AUTH, BUILDHUB_TOKEN, or BUILDHUB_CLIENT_ID and BUILDHUB_SECRET (or the same with _FILE)"
)

# Of `buildhub demo` and `serve`.
_OTHER_NAMES = frozenset(
    {"SAMPLE", "SAMPLE_PORT", "PORT", "HOST", "WORKERS", "KINTO_INI", "FORWARDED_ALLOW_IPS"}
)

# Shorter names are one letter from too many others, as AUTH is.
_SHORTEST_MISSPELT = 6

PREFIX = "BUILDHUB_"
"""Names that start so are ours alone, so an unknown one is a mistake."""


@dataclass(frozen=True, slots=True)
class JobSetting:
    """One setting.

    Attributes:
        name: attribute of :class:`Settings`.
        variable: its name in the environment.
        parse: turns text into the value; raises ValueError that says what would do.
        default: as it would be written in the environment; None where there is none.
        help: what it does, one or two sentences.
        option: its name on the command line, or "" where it is not offered there.
        secret: never printed, not offered on the command line, and read from a file where its
            variable with ``_FILE`` names one.
    """

    name: str
    variable: str
    parse: Callable[[str], Any]
    default: str | None
    help: str
    option: str = ""
    secret: bool = False


@dataclass(frozen=True, slots=True)
class Settings:
    """The values of the settings; see :data:`SETTINGS` for the meaning of each."""

    server_url: str
    bucket_id: str
    collection_id: str
    auth: str | None = field(repr=False)
    token: str | None = field(repr=False)
    client_id: str | None = field(repr=False)
    secret: str | None = field(repr=False)
    initialize_server: bool
    archive_url: str
    products: frozenset[str]
    inventories: tuple[str, ...]
    inventories_url: str
    s3_endpoint_url: str | None
    archive_bucket: str | None
    gcs_endpoint_url: str
    gcs_credentials: str
    product_details_url: str
    queue_url: str | None
    dead_letter_queue_url: str | None
    sqs_endpoint_url: str | None
    subscription: str | None
    dead_letter_topic: str | None
    pubsub_emulator_host: str | None
    visibility_timeout_seconds: int
    messages_in_flight: int
    metadata_wait_minutes: float
    metadata_events_only: bool
    listen_token: str | None = field(repr=False)
    pubsub_audience: str | None
    pubsub_account: str | None
    pubsub_keys_url: str
    watch_poll_seconds: float
    webhook_secret: bytes | None = field(repr=False)
    webhook_signing_key: bytes | None = field(repr=False)
    webhook_private_addresses: bool
    report_batch_item_failures: bool
    csv_download_directory: Path | None
    min_age_hours: float
    max_age_hours: float
    parallel_request_count: int
    retry_count: int
    timeout_seconds: float
    data_folder: Path
    cache_folder: Path | None
    answer_cache_path: Path | None
    log_level: str
    log_format: str
    sentry_dsn: str | None = field(repr=False)
    archive_account: str | None = field(default=None, repr=False)
    """``user:password`` from the archive's URL, which is public without it: records contain it."""
    # These two are for tests, and can be set nowhere.
    retry_waits: RetryWaits = field(default_factory=RetryWaits)
    lines_per_request: int = LINES_PER_REQUEST

    @property
    def credentials(self) -> str | None:
        """What the job has to show the server, in words; None where it has nothing."""
        return next((text for name, text in CREDENTIALS.items() if getattr(self, name)), None)

    @property
    def account(self) -> str:
        """Who publishes, for messages."""
        if self.auth:
            return self.auth.partition(":")[0]
        return self.client_id or ("the owner of the token" if self.token else "nobody")

    @property
    def retry_policy(self) -> RetryPolicy:
        """How patient to be with a server that is busy or gone."""
        return RetryPolicy(self.retry_count, self.retry_waits)

    @property
    def cache_path(self) -> Path:
        """File that holds what the archive answered."""
        return (self.cache_folder or self.data_folder / "cache") / "archive.sqlite"


SETTINGS: tuple[JobSetting, ...] = (
    JobSetting(
        "server_url",
        "SERVER_URL",
        setting_parsers.server_url,
        "http://localhost:8888/v1",
        "Server of the catalogue, with the API version: ``https://host/v1``.",
        option="--server",
    ),
    JobSetting(
        "bucket_id",
        "BUCKET",
        setting_parsers.identifier,
        BUCKET_ID,
        "Bucket of the catalogue on that server.",
        option="--bucket",
    ),
    JobSetting(
        "collection_id",
        "COLLECTION",
        setting_parsers.identifier,
        COLLECTION_ID,
        "Collection of the catalogue in that bucket.",
        option="--collection",
    ),
    JobSetting(
        "auth",
        "AUTH",
        setting_parsers.credentials,
        None,
        "Publishing account, as ``user:password``. ``AUTH_FILE`` names a file that contains it. "
        "Jobs take one kind of credentials: this, a token, or a client ID with its secret.",
        secret=True,
    ),
    JobSetting(
        "token",
        "BUILDHUB_TOKEN",
        setting_parsers.header_text,
        None,
        "API token to publish with. ``BUILDHUB_TOKEN_FILE`` names a file that contains it.",
        secret=True,
    ),
    JobSetting(
        "client_id",
        "BUILDHUB_CLIENT_ID",
        setting_parsers.header_text,
        None,
        "Client ID to sign requests for, with Hawk and the key in ``BUILDHUB_SECRET``. "
        "``BUILDHUB_CLIENT_ID_FILE`` names a file that contains it.",
        secret=True,
    ),
    JobSetting(
        "secret",
        "BUILDHUB_SECRET",
        setting_parsers.header_text,
        None,
        "Hawk key of that client ID. It is not sent. ``BUILDHUB_SECRET_FILE`` names a file that "
        "contains it.",
        secret=True,
    ),
    JobSetting(
        "initialize_server",
        "INITIALIZE_SERVER",
        setting_parsers.flag,
        "true",
        "Create the bucket and its collections if they are missing. Existing ones are not changed.",
        option="--initialize/--no-initialize",
    ),
    JobSetting(
        "archive_url",
        "ARCHIVE_URL",
        setting_parsers.folder_url,
        "https://archive.mozilla.org/",
        "Root of the archive: download URLs start with it, and metadata is read from it.",
        option="--archive",
    ),
    JobSetting(
        "products",
        "PRODUCTS",
        setting_parsers.products,
        " ".join(PRODUCT_NAMES),
        "Products to publish. ``mobile``, the archive's name for ``fennec``, is accepted too.",
        option="--products",
    ),
    JobSetting(
        "inventories",
        "INVENTORIES",
        setting_parsers.words,
        "firefox archive",
        "Inventories to read; the latest of each is used. ``firefox`` has Firefox, ``archive`` the "
        "other products.",
        option="--inventories",
    ),
    JobSetting(
        "inventories_url",
        "INVENTORIES_URL",
        setting_parsers.text,
        "s3://net-mozaws-prod-delivery-inventory-us-east-1",
        "Location of the inventories: an S3 bucket, an ``https://`` URL or a folder that contains "
        "``public/inventories/``.",
        option="--inventories-url",
    ),
    JobSetting(
        "s3_endpoint_url",
        "S3_ENDPOINT_URL",
        setting_parsers.folder_url,
        None,
        "Endpoint of an S3-compatible store to use for ``s3://`` instead of Amazon's.",
        option="--s3-endpoint",
    ),
    JobSetting(
        "archive_bucket",
        "ARCHIVE_BUCKET",
        setting_parsers.archive_bucket,
        None,
        "Bucket of the archive in Google Cloud Storage, as ``gs://name``, to list instead of the "
        "archive's folder pages or inventories. ``--bucket gs://name`` means the same.",
        option="--archive-bucket",
    ),
    JobSetting(
        "gcs_endpoint_url",
        "GCS_ENDPOINT_URL",
        setting_parsers.folder_url,
        "https://storage.googleapis.com/",
        "Endpoint of a store with the JSON API of Google Cloud Storage to use for ``gs://``.",
        option="--gcs-endpoint",
    ),
    JobSetting(
        "gcs_credentials",
        "GCS_CREDENTIALS",
        setting_parsers.gcs_credentials,
        "anonymous",
        "Who lists the bucket: ``anonymous``, or ``google`` for the account that Google's own "
        "libraries find, such as that of ``GOOGLE_APPLICATION_CREDENTIALS``, which needs "
        "``buildhub[gcp]``.",
        option="--gcs-credentials",
    ),
    JobSetting(
        "product_details_url",
        "PRODUCT_DETAILS_URL",
        setting_parsers.folder_url,
        "https://product-details.mozilla.org/1.0/",
        "Location of ``firefox.json`` and the other lists of shipped versions, to check the "
        "catalogue against.",
        option="--product-details",
    ),
    JobSetting(
        "queue_url",
        "QUEUE_URL",
        setting_parsers.url,
        None,
        "URL of the SQS queue with the events of new files. Credentials are read from the usual "
        "AWS variables (``AWS_ACCESS_KEY_ID`` and so on).",
        option="--queue",
    ),
    JobSetting(
        "dead_letter_queue_url",
        "DEAD_LETTER_QUEUE_URL",
        setting_parsers.url,
        None,
        "URL of the SQS queue for messages that cannot be processed; the attribute ``Reason`` says "
        "why. Without it they are received again, at growing intervals, until they expire.",
        option="--dead-letter-queue",
    ),
    JobSetting(
        "sqs_endpoint_url",
        "SQS_ENDPOINT_URL",
        setting_parsers.url,
        None,
        "Endpoint of an SQS-compatible service to use instead of Amazon's.",
        option="--sqs-endpoint",
    ),
    JobSetting(
        "subscription",
        "SUBSCRIPTION",
        setting_parsers.subscription,
        None,
        "Subscription of Google's Pub/Sub with the notifications of new files: "
        "``projects/…/subscriptions/…``. Credentials are found as Google's other tools find them "
        "(``GOOGLE_APPLICATION_CREDENTIALS`` and so on).",
        option="--subscription",
    ),
    JobSetting(
        "dead_letter_topic",
        "DEAD_LETTER_TOPIC",
        setting_parsers.topic,
        None,
        "Topic of Pub/Sub for messages that cannot be processed, ``projects/…/topics/…``; the "
        "attribute ``Reason`` says why.",
        option="--dead-letter-topic",
    ),
    JobSetting(
        "pubsub_emulator_host",
        "PUBSUB_EMULATOR_HOST",
        setting_parsers.text,
        None,
        "Host and port of an emulator of Pub/Sub to use instead of Google's, without credentials.",
        option="--pubsub-emulator",
    ),
    JobSetting(
        "visibility_timeout_seconds",
        "VISIBILITY_TIMEOUT_SECONDS",
        setting_parsers.visibility_timeout,
        "120",
        "How long a message is hidden from other consumers. It is extended while the message is "
        "processed.",
        option="--visibility-timeout",
    ),
    JobSetting(
        "messages_in_flight",
        "MESSAGES_IN_FLIGHT",
        setting_parsers.positive_int,
        "300",
        "Maximum number of messages that a consumer processes at a time.",
        option="--messages-in-flight",
    ),
    JobSetting(
        "metadata_wait_minutes",
        "METADATA_WAIT_MINUTES",
        setting_parsers.duration,
        "120",
        "How long a message is received again, at growing intervals, if its build has no metadata "
        "yet. The build itself is published at once.",
        option="--metadata-wait-minutes",
    ),
    JobSetting(
        "metadata_events_only",
        "METADATA_EVENTS_ONLY",
        setting_parsers.flag,
        "false",
        "The queue has only events of metadata files, so their folders are read repeatedly until "
        "METADATA_WAIT_MINUTES have passed.",
        option="--metadata-events-only/--all-events",
    ),
    JobSetting(
        "listen_token",
        "LISTEN_TOKEN",
        setting_parsers.text,
        None,
        "Token that senders need to POST events to ``buildhub listen --port``. "
        "``LISTEN_TOKEN_FILE`` names a file that contains it.",
        secret=True,
    ),
    JobSetting(
        "pubsub_audience",
        "PUBSUB_AUDIENCE",
        setting_parsers.text,
        None,
        "Audience of the tokens with which Pub/Sub pushes to ``buildhub listen --port``, as its "
        "subscription has it.",
    ),
    JobSetting(
        "pubsub_account",
        "PUBSUB_ACCOUNT",
        setting_parsers.text,
        None,
        "Email address of the service account with which it pushes.",
    ),
    JobSetting(
        "pubsub_keys_url",
        "PUBSUB_KEYS_URL",
        setting_parsers.url,
        "https://www.googleapis.com/oauth2/v1/certs",
        "Address of the certificates of Google's tokens.",
    ),
    JobSetting(
        "watch_poll_seconds",
        "BUILDHUB_WATCH_POLL_SECONDS",
        setting_parsers.positive_float,
        "15",
        "How often ``buildhub watch`` asks a server that has no stream of changes.",
        option="--poll-seconds",
    ),
    JobSetting(
        "webhook_secret",
        "BUILDHUB_WEBHOOK_SECRET",
        setting_parsers.webhook_secret,
        None,
        "Secret that ``buildhub watch --post`` signs with, by HMAC: ``whsec_`` and 24 to 64 bytes "
        "in base64. ``BUILDHUB_WEBHOOK_SECRET_FILE`` names a file that contains it.",
        secret=True,
    ),
    JobSetting(
        "webhook_signing_key",
        "BUILDHUB_WEBHOOK_SIGNING_KEY",
        setting_parsers.webhook_signing_key,
        None,
        "Key that ``buildhub watch --post`` signs with, by Ed25519: ``whsk_`` and 32 random bytes "
        "in base64. ``BUILDHUB_WEBHOOK_SIGNING_KEY_FILE`` names a file that contains it. Needs "
        "``buildhub[webhooks]``.",
        secret=True,
    ),
    JobSetting(
        "webhook_private_addresses",
        "BUILDHUB_WEBHOOK_PRIVATE_ADDRESSES",
        setting_parsers.flag,
        "false",
        "Let ``buildhub watch --post`` send to private networks and to this machine.",
    ),
    JobSetting(
        "report_batch_item_failures",
        "REPORT_BATCH_ITEM_FAILURES",
        setting_parsers.flag,
        "false",
        "In AWS Lambda with an SQS trigger: return the IDs of the messages that failed, so that "
        "only these are received again. The trigger has to have ``ReportBatchItemFailures`` among "
        "its function response types, or the failed messages are lost.",
    ),
    JobSetting(
        "csv_download_directory",
        "CSV_DOWNLOAD_DIRECTORY",
        setting_parsers.folder,
        None,
        "Folder that keeps downloaded parts of inventories, named by their checksums. By default "
        "each part is deleted after it has been read.",
        option="--csv-folder",
    ),
    JobSetting(
        "min_age_hours",
        "MIN_AGE_HOURS",
        setting_parsers.duration,
        "0",
        "Skip files that changed less than this number of hours ago.",
        option="--min-age-hours",
    ),
    JobSetting(
        "max_age_hours",
        OLD_MAX_AGE,
        setting_parsers.duration,
        "0",
        "Only for ``inventory-to-records`` and ``latest-inventory-to-kinto``: leave out files that "
        " changed longer ago than this number of hours. 0 takes all. The other "
        "commands refuse it; ``MIN_AGE_HOURS`` leaves out younger files.",
    ),
    JobSetting(
        "parallel_request_count",
        "NB_PARALLEL_REQUESTS",
        setting_parsers.positive_int,
        "8",
        "Maximum number of concurrent requests to the archive.",
        option="--parallel-requests",
    ),
    JobSetting(
        "retry_count",
        "NB_RETRY_REQUEST",
        setting_parsers.count,
        "5",
        "How often a request is retried if the server or the archive is busy or does not answer. "
        "The delays grow from half a second to thirty seconds, in addition to ``Retry-After``; "
        "with five retries, a job survives a restart of the server.",
        option="--retries",
    ),
    JobSetting(
        "timeout_seconds",
        "TIMEOUT_SECONDS",
        setting_parsers.positive_float,
        "300",
        "Timeout for one request, from connecting to the last byte.",
        option="--timeout",
    ),
    JobSetting(
        "data_folder",
        "BUILDHUB_DATA",
        setting_parsers.folder,
        "./.data",
        "Folder for all data that is kept between runs.",
        option="--data",
    ),
    JobSetting(
        "cache_folder",
        "CACHE_FOLDER",
        setting_parsers.folder,
        None,
        "Folder for cached responses of the archive, by default ``cache`` in the data folder. It "
        "can be deleted at any time.",
        option="--cache",
    ),
    JobSetting(
        "answer_cache_path",
        "BUILDHUB_ANSWER_CACHE",
        setting_parsers.folder,
        None,
        "File that keeps the server's answers, which are sent again only if they have changed. It "
        "can be deleted at any time.",
        option="--answer-cache",
    ),
    JobSetting(
        "log_level",
        "LOG_LEVEL",
        setting_parsers.log_level,
        "INFO",
        "Lowest level that is logged to standard error.",
        option="--log-level",
    ),
    JobSetting(
        "log_format",
        "LOG_FORMAT",
        setting_parsers.log_format,
        "logfmt",
        "Format of log lines: ``logfmt``, ``name=value`` pairs, or ``json``, an object a line.",
    ),
    JobSetting(
        "sentry_dsn",
        "SENTRY_DSN",
        setting_parsers.text,
        None,
        "Sentry DSN for unexpected errors. Needs ``buildhub[sentry]``.",
        secret=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Given:
    """A value as text, and where it was read, for messages."""

    text: str
    origin: str


def read_settings(
    environ: Mapping[str, str],
    options: Mapping[str, str | None] | None = None,
    *,
    is_old_command: bool = False,
) -> Settings:
    """Read every setting.

    Args:
        environ: the environment. An empty value counts as absent.
        options: texts from the command line by :attr:`JobSetting.name`; None means not given.
        is_old_command: settings that only the old commands have are understood.

    Raises:
        ConfigError: a value does not parse, the environment holds an unknown name under our
            prefix, or there are credentials of more than one kind. Names the setting, where it was
            read, and what would do.
    """
    refuse_unknown_names(environ)
    if not is_old_command and environ.get(OLD_MAX_AGE, "0").strip() not in ("", "0"):
        raise ConfigError(
            f"environment {OLD_MAX_AGE}: only the old commands have it, where it leaves out files "
            "that are older; is MIN_AGE_HOURS meant, which leaves out files that are younger?"
        )
    given = options or {}
    values = {
        setting.name: _parse(setting, _find(setting, environ, given.get(setting.name)))
        for setting in SETTINGS
    }
    _check_credentials(values)
    values["archive_url"], account = _split_account(values["archive_url"])
    return Settings(**values, archive_account=account)


def _check_credentials(values: Mapping[str, Any]) -> None:
    """Refuse credentials of more than one kind, and a client ID or a secret alone."""
    variables = {setting.name: setting.variable for setting in SETTINGS}
    given = [variables[name] for name in CREDENTIALS if values[name]]
    if len(given) > 1:
        raise ConfigError(
            f"{' and '.join(given)} are both set, by themselves or with _FILE; "
            "expected one kind of credentials"
        )
    if bool(values["client_id"]) != bool(values["secret"]):
        found, missing = ("client_id", "secret") if values["client_id"] else ("secret", "client_id")
        raise ConfigError(
            f"{variables[found]} is set without {variables[missing]}; a signature needs both"
        )


def _split_account(url: str) -> tuple[str, str | None]:
    """Return the URL without user name and password, and these."""
    scheme, separator, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    account, at, host = host.rpartition("@")
    return f"{scheme}{separator}{host}{slash}{path}", unquote(account) if at else None


def settings_reference() -> str:
    """Return the settings as a reStructuredText definition list, for the docs."""
    return "\n".join(_reference(setting) for setting in SETTINGS)


def _reference(setting: JobSetting) -> str:
    option = f", ``{setting.option}``" if setting.option else ""
    default = f"Default: ``{setting.default}``." if setting.default is not None else "No default."
    return f"``{setting.variable}``{option}\n    {setting.help} {default}\n"


def _find(setting: JobSetting, environ: Mapping[str, str], option: str | None) -> Given | None:
    if option is not None:
        return Given(option, f"option {setting.option or setting.name}")
    if environ.get(setting.variable):
        return Given(environ[setting.variable], f"environment {setting.variable}")
    file_variable = f"{setting.variable}_FILE"
    if setting.secret and environ.get(file_variable):
        return _read_secret(environ[file_variable], file_variable)
    return Given(setting.default, "default") if setting.default is not None else None


def _read_secret(path: str, variable: str) -> Given:
    try:
        return Given(Path(path).read_text().strip(), f"file {path}")
    except OSError as exc:
        raise ConfigError(f"{variable}: cannot read {path} ({exc.strerror})") from exc


def _parse(setting: JobSetting, given: Given | None) -> Any:
    if given is None:
        return None
    try:
        return setting.parse(given.text)
    except ValueError as exc:
        shown = "" if setting.secret else f" {given.text!r}"
        raise ConfigError(f"{given.origin}:{shown} {exc}") from exc


def refuse_unknown_names(environ: Mapping[str, str]) -> None:
    """Refuse names under our prefix that are no settings, and names that misspell a setting.

    Names without the prefix may be anybody's, so only those that differ in one letter are meant.

    Raises:
        ConfigError: names the variable, and the one that is probably meant.
    """
    known = {setting.variable for setting in SETTINGS}
    known |= {f"{setting.variable}_FILE" for setting in SETTINGS if setting.secret}
    for name in environ.keys() - known - _OTHER_NAMES:
        if name.startswith(PREFIX):
            close = difflib.get_close_matches(name, known, n=1)
        else:
            close = [each for each in known | _OTHER_NAMES if _is_misspelt(name, each)]
            if not close:
                continue
        meant = f"; is {close[0]} meant?" if close else ""
        raise ConfigError(f"environment {name} is not a setting{meant}")


def _is_misspelt(name: str, known: str) -> bool:
    """Return whether one letter is wrong, missing or too many, or two are exchanged."""
    if len(known) < _SHORTEST_MISSPELT or abs(len(name) - len(known)) > 1:
        return False
    pairs = enumerate(zip(name, known, strict=False))
    start = next((place for place, (ours, theirs) in pairs if ours != theirs), None)
    start = min(len(name), len(known)) if start is None else start
    rest, meant = name[start:], known[start:]
    exchanged = rest[:2] == meant[1::-1] and rest[2:] == meant[2:]
    return exchanged or meant[1:] in (rest, rest[1:]) or meant == rest[1:]
