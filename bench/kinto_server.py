"""A Kinto server for benchmarks, with our plugin or without; otherwise the same.

Run as ``python -m bench.kinto_server stock|ours DATABASE_URL PORT``.
"""

import logging
import os
import sys
import warnings
from typing import Any

import kinto
from kinto_buildhub.run import gunicorn_processes

_COMMON = {
    "kinto.permission_backend": "kinto.core.permission.postgresql",
    "kinto.cache_backend": "kinto.core.cache.postgresql",
    "kinto.transaction_per_request": "true",
    "kinto.userid_hmac_secret": "benchmarks only",
    "kinto.bucket_create_principals": "system.Authenticated",
    "kinto.experimental_collection_schema_validation": "true",
    "kinto.paginate_by": "10000",
    "kinto.storage_max_fetch_size": "10000",
    "multiauth.policies": "basicauth",
}
_KINDS = {
    "stock": {"kinto.storage_backend": "kinto.core.storage.postgresql"},
    "ours": {
        "kinto.storage_backend": "kinto_buildhub.storage",
        "kinto.includes": "kinto_buildhub",
    },
    # As in production, passwords are checked; others are users as well.
    "accounts": {
        "kinto.storage_backend": "kinto_buildhub.storage",
        "kinto.includes": "kinto.plugins.accounts kinto_buildhub",
        "multiauth.policies": "account basicauth",
        "multiauth.policy.account.use": "kinto_buildhub.access.accounts.AccountsPolicy",
    },
}


def settings(kind: str, url: str) -> dict[str, str]:
    """Return the settings of a server on the database at *url*, of a kind that is listed above."""
    urls = dict.fromkeys(("kinto.storage_url", "kinto.permission_url", "kinto.cache_url"), url)
    return _COMMON | _KINDS[kind] | urls


def load_application() -> Any:
    """Create the WSGI application from the environment; each worker calls this."""
    warnings.simplefilter("ignore")
    logging.getLogger().setLevel(logging.WARNING)  # As kinto.ini has it.
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # A line for each busy moment.
    kind, url = os.environ["BENCH_KIND"], os.environ["BENCH_URL"]
    return kinto.main({}, **settings(kind, url))


def main() -> None:
    """Serve with one process, which leaves the other core to the database."""
    os.environ["BENCH_KIND"], os.environ["BENCH_URL"] = sys.argv[1:3]
    gunicorn_processes.run("127.0.0.1", int(sys.argv[3]), workers=1, load=load_application)


if __name__ == "__main__":
    main()
