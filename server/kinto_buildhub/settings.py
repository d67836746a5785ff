"""Every setting of the server, in one table. Its page in the documentation is made from it.

A value comes from the environment, else from the ini file, else it is the default:
``kinto.search.path`` is ``KINTO_SEARCH_PATH``. Kinto itself takes from the environment only what it
or the ini file names, so that is read here too.

A misspelt name would be ignored in silence, and a server without its database's URL starts an empty
database of its own. So a name under one of our prefixes, or under those of Kinto's backends, that
is not a setting stops the start. Other names may be a plugin's; of them, those that differ in a
letter or two from one of Kinto's do.
"""

import difflib
import os
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import kinto
import kinto.core
from buildhub_schema import BUCKET_ID, COLLECTION_ID
from pyramid.exceptions import ConfigurationError

from kinto_buildhub import setting_parsers
from kinto_buildhub.errors import SettingsError

PREFIX = "kinto."

Values = Mapping[str, Any]
"""The values of all settings, by :attr:`Setting.name`."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting.

    Attributes:
        name: its name in the ini file, without ``kinto.``.
        parse: turns text into the value; raises ValueError that says what is expected.
        default: as text.
        help: what it does, one or two sentences.
        is_secret: its value is never printed.
    """

    name: str
    parse: Callable[[str], Any]
    default: str
    help: str
    is_secret: bool = False

    @property
    def ini_name(self) -> str:
        """Its name in the ini file."""
        return PREFIX + self.name

    @property
    def variable(self) -> str:
        """Its name in the environment."""
        return _variable(self.name)


DATABASE_SETTINGS = (
    Setting(
        "storage_url",
        setting_parsers.text,
        "",
        "PostgreSQL database of the records, as ``postgresql://user:password@host/name``. Without "
        "this and the next two, ``buildhub serve`` runs the embedded database.",
        is_secret=True,
    ),
    Setting(
        "permission_url", setting_parsers.text, "", "Database of the permissions.", is_secret=True
    ),
    Setting("cache_url", setting_parsers.text, "", "Database of the cache.", is_secret=True),
)
HMAC_SECRET = Setting(
    "userid_hmac_secret",
    setting_parsers.text,
    "",
    "Key that user IDs are hashed with. Required with your own database; if it is changed, all "
    "users get new IDs.",
    is_secret=True,
)
CREDENTIALS_SECRET = Setting(
    "buildhub.credentials_secret",
    setting_parsers.master_secret,
    "",
    "Master secret that publishers' Hawk keys are derived from, 32 characters or more: "
    "``openssl rand -hex 32`` makes one. Without it Hawk is off; if it is changed, all Hawk keys "
    "are. ``buildhub serve`` has one if it runs the embedded database.",
    is_secret=True,
)
PUBLIC_URL = Setting(
    "buildhub.public_url",
    setting_parsers.base_url,
    "",
    "URL of the server as its clients know it, without ``/v1``, such as "
    "``https://buildhub.example``. Hawk signatures are about this URL; without any Hawk is off. "
    "``KINTO_HTTP_SCHEME`` and ``KINTO_HTTP_HOST`` together say the same, and without them "
    "``buildhub serve`` with the embedded database uses ``http://localhost:PORT``.",
)
SEARCH_HOSTS = Setting(
    "elasticsearch.hosts",
    setting_parsers.words,
    "",
    "URLs of an Elasticsearch or OpenSearch cluster. If empty, the embedded engine is used.",
)
SEARCH_PATH = Setting(
    "search.path",
    setting_parsers.text,
    "",
    "Folder of the embedded engine. ``buildhub serve`` uses ``search`` in the data folder; "
    "elsewhere search is off without it.",
)
SEARCH_LEASES = Setting(
    "search.leases",
    setting_parsers.text,
    "",
    "File by which the server processes on one database notify each other that permissions have "
    "changed; without it each search asks the database. ``buildhub serve`` has one if it runs "
    "the embedded database. With another database, all servers on it must share the same file.",
)
RATES_FILE = Setting(
    "buildhub.rates_file",
    setting_parsers.text,
    "",
    "File in which the server processes of a machine count requests together. Without it each "
    "process counts its own, and allows the whole rate. ``buildhub serve`` has one in the data "
    "folder.",
)
RATES = ("buildhub.rate_by_address", "buildhub.rate_by_credential")
"""The names of the settings that limit how many requests may come."""

STARTUP_SETTINGS = (
    *DATABASE_SETTINGS,
    HMAC_SECRET,
    CREDENTIALS_SECRET,
    PUBLIC_URL,
    SEARCH_HOSTS,
    SEARCH_PATH,
    SEARCH_LEASES,
    RATES_FILE,
)
"""Settings that decide what is started before Kinto, or that are filled in then."""

SETTINGS: tuple[Setting, ...] = (
    *STARTUP_SETTINGS,
    Setting(
        "elasticsearch.index_prefix",
        setting_parsers.index_prefix,
        "kinto",
        "First part of index names.",
    ),
    Setting(
        "elasticsearch.force_refresh",
        setting_parsers.flag,
        "false",
        "Answer a write only once searches find it.",
    ),
    Setting(
        "search.poll_seconds",
        setting_parsers.seconds,
        "2",
        "Interval at which the store is polled for changes.",
    ),
    Setting(
        "search.cache_bytes",
        setting_parsers.count,
        "67108864",
        "Memory for cached responses in each server process, in bytes.",
    ),
    Setting(
        "search.max_result_window", setting_parsers.positive_int, "10000", "Limit of from + size."
    ),
    Setting(
        "search.max_inner_hits",
        setting_parsers.positive_int,
        "100",
        "Limit of from + size in top_hits.",
    ),
    Setting(
        "search.max_buckets",
        setting_parsers.positive_int,
        "65536",
        "Limit of buckets in a response.",
    ),
    Setting(
        "search.max_terms_size",
        setting_parsers.positive_int,
        "1000000",
        "Limit of buckets of a terms aggregation. A larger size asks for all of them.",
    ),
    Setting(
        "search.max_clauses", setting_parsers.positive_int, "4096", "Limit of clauses in a query."
    ),
    Setting(
        "search.max_depth",
        setting_parsers.positive_int,
        "20",
        "Limit of nesting, in queries and in aggregations.",
    ),
    Setting(
        "search.max_aggregations",
        setting_parsers.positive_int,
        "200",
        "Limit of aggregations in a request.",
    ),
    Setting(
        "search.max_regexp_length",
        setting_parsers.positive_int,
        "1000",
        "Limit of characters in a regular expression.",
    ),
    Setting(
        "search.max_regexp_states",
        setting_parsers.positive_int,
        "2000",
        "Limit of states in the automaton of a regular expression.",
    ),
    Setting(
        "search.max_body_bytes",
        setting_parsers.positive_int,
        "1048576",
        "Limit of a search request's body, in bytes.",
    ),
    Setting(
        "search.max_searches",
        setting_parsers.positive_int,
        "100",
        "Limit of searches in one _msearch.",
    ),
    Setting(
        "search.max_answer_bytes",
        setting_parsers.positive_int,
        "67108864",
        "Limit of a request's answer, in bytes, all of its searches together.",
    ),
    Setting(
        "search.max_query_bytes",
        setting_parsers.positive_int,
        "134217728",
        "Limit of memory for the patterns, ranges and aggregations of one search, in bytes, as "
        "estimated.",
    ),
    Setting(
        "search.max_expanded_terms",
        setting_parsers.positive_int,
        "25000000",
        "Limit of terms that the patterns of one search look at.",
    ),
    Setting(
        "search.timeout_seconds",
        setting_parsers.seconds,
        "10",
        "Limit of one request, all of its searches together.",
    ),
    Setting(
        "bulk.max_request_bytes",
        setting_parsers.positive_int,
        "536870912",
        "Limit of a bulk request's body, in bytes, after decompression.",
    ),
    Setting(
        "bulk.max_line_bytes",
        setting_parsers.positive_int,
        "1048576",
        "Limit of one line, in bytes. A longer one is answered as invalid.",
    ),
    Setting(
        "bulk.max_lines",
        setting_parsers.positive_int,
        "1000000",
        "Limit of lines in one request, blank ones included.",
    ),
    Setting(
        "bulk.timeout_seconds",
        setting_parsers.seconds,
        "600",
        "Limit of one request. What was written until then stays.",
    ),
    Setting(
        "bulk.batch_size",
        setting_parsers.positive_int,
        "1000",
        "Records that are written in one transaction.",
    ),
    Setting(
        "bulk.batch_bytes",
        setting_parsers.positive_int,
        "4194304",
        "Bytes of lines after which no more are added to a transaction.",
    ),
    Setting(
        "buildhub.max_password_failures",
        setting_parsers.count,
        "20",
        "Limit of wrong passwords, tokens and signatures from an IP address in a minute, in each "
        "server process; an IPv6 network of 64 bits counts as one address. 0 means no limit. "
        "Behind a reverse proxy the address comes from ``X-Forwarded-For``.",
    ),
    Setting(
        "buildhub.rate_by_address",
        setting_parsers.rate,
        "",
        "Limit of requests from an IP address, as ``600/minute``; an IPv6 network of 64 bits is "
        "one address. A batch is one request. Heartbeats are not counted.",
    ),
    Setting(
        "buildhub.rate_by_credential",
        setting_parsers.rate,
        "",
        "Limit of requests with the same account, token or key, from all addresses.",
    ),
    Setting(
        "buildhub.rate_exempt_addresses",
        setting_parsers.networks,
        "",
        "IP addresses and networks that may send any number of requests, as ``10.0.0.0/8``.",
    ),
    Setting(
        "buildhub.security_contacts",
        setting_parsers.contacts,
        "",
        "Whom to tell of a security problem, in ``/.well-known/security.txt``: "
        "``mailto:security@example.org``. Without it there is no such file.",
    ),
    Setting(
        "buildhub.refuse_default_user_agents",
        setting_parsers.flag,
        "false",
        "Refuse requests without ``User-Agent``, or with that of a library, such as "
        "``python-requests/2.32``. Heartbeats, ``/robots.txt`` and ``security.txt`` are answered.",
    ),
    Setting(
        "buildhub.exports_folder",
        setting_parsers.text,
        "",
        "Folder whose files are at ``/v1/exports/``, for those who may read the catalogue: the one "
        "that ``buildhub export`` writes into. Empty: there are no exports.",
    ),
    Setting(
        "buildhub.credential_admins",
        setting_parsers.principals,
        "",
        "Principals that may approve, rotate and revoke the credentials of others over HTTP: "
        "accounts as ``account:NAME``, or groups as ``/buckets/NAME/groups/NAME``. Without any, "
        "only the command line may.",
    ),
    Setting(
        "buildhub.max_request_bytes",
        setting_parsers.positive_int,
        "4194304",
        "Limit of the body of any other request, in bytes. A batch is one request.",
    ),
    Setting(
        "buildhub.max_batch_answer_bytes",
        setting_parsers.positive_int,
        "16777216",
        "Size of a batch's answers, in bytes, after which it does no more reads and searches.",
    ),
    Setting(
        "buildhub.batch_timeout_seconds",
        setting_parsers.seconds,
        "30",
        "Time after which a batch does no more reads and searches.",
    ),
    Setting(
        "buildhub.max_listeners",
        setting_parsers.count,
        "200",
        "Limit of clients that listen to changes (``/changes``), in each server process; 0 turns "
        "listening off.",
    ),
    Setting(
        "buildhub.max_listeners_by_address",
        setting_parsers.positive_int,
        "20",
        "Limit of those from an IP address, in each server process; an IPv6 network of 64 bits is "
        "one address.",
    ),
    Setting(
        "buildhub.changes_poll_seconds",
        setting_parsers.seconds,
        "0.5",
        "Interval at which changes that other server processes have written are looked for, while "
        "somebody listens.",
    ),
    Setting(
        "buildhub.compression",
        setting_parsers.codings,
        "zstd gzip",
        "Content codings that answers are sent in if a client asks for one, the best first. Empty: "
        "answers are sent as they are.",
    ),
    Setting(
        "buildhub.compression_min_bytes",
        setting_parsers.count,
        "1024",
        "Size of the smallest answer that is compressed, in bytes.",
    ),
    Setting(
        "buildhub.cache_control",
        setting_parsers.cache_directives,
        "no-cache",
        "``Cache-Control`` of public reads, for browsers and caches. ``public, max-age=60`` lets a "
        "cache answer for a minute without asking the server. Directives that no standard has need "
        "a value.",
    ),
    Setting(
        "buildhub.catalog_collection",
        setting_parsers.collection,
        f"{BUCKET_ID}/{COLLECTION_ID}",
        "Collection that the pages below ``/v1/catalog/`` are about, as ``bucket/collection``.",
    ),
    Setting(
        "buildhub.coverage_max_age_hours",
        setting_parsers.optional_hours,
        "",
        "The heartbeat says *degraded* when the time up to which the catalogue is known to be "
        "complete is older than this number of hours. Without it the heartbeat does not mention "
        "coverage.",
    ),
    Setting(
        "buildhub.coverage_collections",
        setting_parsers.collections,
        f"{BUCKET_ID}/{COLLECTION_ID}",
        "Catalogues whose coverage the heartbeat checks, as ``bucket/collection``, with spaces "
        "between them.",
    ),
)

_BACKENDS = ("storage", "permission", "cache")

_CHECKED_PREFIXES = tuple(
    f"KINTO_{prefix.upper()}_"
    for prefix in ("search", "elasticsearch", "bulk", "buildhub", "userid", *_BACKENDS)
)

# What Kinto passes on to SQLAlchemy and to the clients of its caches: its documented settings, and
# options of a SQLAlchemy engine that text can express.
_POOL_OPTIONS = (
    *("poolclass", "pool_size", "max_overflow", "max_backlog", "pool_recycle", "pool_timeout"),
    *("pool_pre_ping", "pool_use_lifo", "pool_reset_on_return", "isolation_level"),
    *("echo", "echo_pool"),
)


def _variable(name: str) -> str:
    return (PREFIX + name).replace(".", "_").replace("-", "_").upper()


_KINTO_NAMES = frozenset(
    {f"{backend}_{option}" for backend in _BACKENDS for option in _POOL_OPTIONS}
    | {
        name
        for name in (*kinto.core.DEFAULT_SETTINGS, *kinto.DEFAULT_SETTINGS)
        if _variable(name).startswith(_CHECKED_PREFIXES)
    }
)

NAMES = frozenset(setting.name for setting in SETTINGS) | _KINTO_NAMES
"""The settings under the prefixes that are checked: ours, and Kinto's."""

# Settings of libraries that Kinto loads have no prefix of Kinto.
_LIBRARIES = ("multiauth.", "tm.")

_VARIABLE_PREFIX = "KINTO_"

_RESOURCES = ("bucket", "collection", "group", "record", "account")

# Kinto's settings under other prefixes: those with defaults, and those it asks for by resource.
# Before this ending there may also be the name of a bucket.
_OTHER_KINTO_NAMES = frozenset(
    {
        name
        for name in (*kinto.core.DEFAULT_SETTINGS, *kinto.DEFAULT_SETTINGS)
        if not name.endswith("_cache_expires_seconds")
    }
    | {
        f"{resource}_{permission}_principals"
        for resource in _RESOURCES
        for permission in ("read", "write", "create")
    }
    | {f"{resource}_id_generator" for resource in _RESOURCES}
)

# Two letters in twenty: names of plugins are further away from Kinto's.
_MISSPELT = 0.9


def includeme(config: Any) -> None:
    """Put the values of all settings on the registry, as ``buildhub_settings``."""
    try:
        config.registry.buildhub_settings = read_settings(config.get_settings())
    except SettingsError as exc:
        raise ConfigurationError(str(exc)) from exc


def read_settings(settings: Mapping[str, Any], environ: Mapping[str, str] = os.environ) -> Values:
    """Read all settings.

    Args:
        settings: from the ini file, with or without ``kinto.``; values may be what Kinto made of
            the text, which it reads as JSON or as a list.
        environ: the environment.

    Raises:
        SettingsError: names all unknown settings and all values that do not parse.
    """
    given = {name.removeprefix(PREFIX): value for name, value in settings.items()}
    problems = [*_unknown_in_ini(given), *_unknown_in_environment(environ)]
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        origin, text = _find_text(setting, given, environ)
        try:
            values[setting.name] = setting.parse(text)
        except ValueError as exc:
            shown = "not valid" if setting.is_secret else repr(text)
            problems.append(f"{origin} is {shown}: {exc}")
    if problems:
        raise SettingsError(problems)
    return MappingProxyType(values)


def limits_rates(values: Values) -> bool:
    """Return whether a setting limits how many requests may come."""
    return any(values[name] is not None for name in RATES)


def read_kinto_environment(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return what the environment says of the settings under checked prefixes, by ini name."""
    by_variable = {_variable(name): PREFIX + name for name in NAMES}
    return {by_variable[name]: environ[name] for name in by_variable.keys() & environ.keys()}


def settings_reference(*prefixes: str) -> str:
    """Return the settings as a reStructuredText definition list, for the docs.

    Args:
        prefixes: only settings whose names start with one of them; none: all settings.
    """
    chosen = [each for each in SETTINGS if each.name.startswith(prefixes or "")]
    return "\n".join(map(_reference, chosen))


def _reference(setting: Setting) -> str:
    default = f"Default: ``{setting.default}``." if setting.default else "No default."
    return f"``{setting.ini_name}``, ``{setting.variable}``\n    {setting.help} {default}\n"


def _find_text(
    setting: Setting, given: Mapping[str, Any], environ: Mapping[str, str]
) -> tuple[str, str]:
    """Return where the value was read, and its text."""
    if setting.variable in environ:
        return setting.variable, environ[setting.variable]
    return setting.ini_name, _text(given.get(setting.name, setting.default))


def _text(value: Any) -> str:
    """Undo what Kinto has made of a text."""
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _unknown_in_ini(names: Iterable[str]) -> Iterator[str]:
    known = {_ini_name(name) for name in NAMES}
    kinto_names = {_ini_name(name) for name in _OTHER_KINTO_NAMES}
    for name in sorted(names):
        is_checked = _variable(name).startswith(_CHECKED_PREFIXES)
        yield from _unknown(_ini_name(name), known if is_checked else kinto_names, is_checked)


def _unknown_in_environment(environ: Iterable[str]) -> Iterator[str]:
    known = {_variable(name) for name in NAMES}
    kinto_names = {_variable(name) for name in _OTHER_KINTO_NAMES}
    for name in sorted(environ):
        if name.startswith(_VARIABLE_PREFIX):
            is_checked = name.startswith(_CHECKED_PREFIXES)
            yield from _unknown(name, known if is_checked else kinto_names, is_checked)


def _ini_name(name: str) -> str:
    """Return *name* as ini files have it."""
    return name if name.startswith(_LIBRARIES) else PREFIX + name


def _unknown(name: str, known: Collection[str], is_checked: bool) -> Iterator[str]:
    """Yield the problem of a name that is not among those *known*.

    Where other names may exist, because *is_checked* is not true, only a misspelling is one.
    """
    if name in known:
        return
    cutoff = 0.75 if is_checked else _MISSPELT
    close = difflib.get_close_matches(name, sorted(known), n=1, cutoff=cutoff)
    if close or is_checked:
        meant = f"; is {close[0]} meant?" if close else "."
        yield f"{name} is not a setting{meant}"
