"""The tables of credentials, in the database of the records."""

from typing import Any

# A client ID stays for ever, and so does what the log says of it. Salts and numbers of generations
# are what Hawk keys are derived from.
_TABLES = """
CREATE TABLE IF NOT EXISTS buildhub_credentials (
    client_id TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    scopes JSONB NOT NULL,
    networks TEXT[] NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('requested', 'approved', 'revoked')),
    created TIMESTAMPTZ NOT NULL DEFAULT now(),
    expires TIMESTAMPTZ,
    last_used TIMESTAMPTZ
);
CREATE TABLE IF NOT EXISTS buildhub_credential_generations (
    client_id TEXT NOT NULL REFERENCES buildhub_credentials,
    number INTEGER NOT NULL,
    salt BYTEA NOT NULL,
    token_hash BYTEA UNIQUE,
    created TIMESTAMPTZ NOT NULL DEFAULT now(),
    ends TIMESTAMPTZ,
    PRIMARY KEY (client_id, number)
);
CREATE TABLE IF NOT EXISTS buildhub_credential_nonces (
    digest BYTEA PRIMARY KEY,
    expires TIMESTAMPTZ NOT NULL
);
CREATE INDEX IF NOT EXISTS buildhub_credential_nonces_expires
    ON buildhub_credential_nonces (expires);
CREATE TABLE IF NOT EXISTS buildhub_credential_log (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    actor TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    client_id TEXT NOT NULL,
    details JSONB NOT NULL
);
CREATE INDEX IF NOT EXISTS buildhub_credential_log_client_id
    ON buildhub_credential_log (client_id, id);
CREATE OR REPLACE FUNCTION buildhub_refuse_change() RETURNS TRIGGER AS $$
BEGIN
    RAISE EXCEPTION 'The log of credentials is only appended to.';
END;
$$ LANGUAGE plpgsql;
CREATE OR REPLACE TRIGGER buildhub_credential_log_is_appended_to
    BEFORE UPDATE OR DELETE OR TRUNCATE ON buildhub_credential_log
    FOR EACH STATEMENT EXECUTE FUNCTION buildhub_refuse_change();
"""


def ensure_tables(connection: Any) -> None:
    """Create what is missing.

    Args:
        connection: of psycopg2.
    """
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('buildhub_credential_log') IS NOT NULL")
        if not cursor.fetchone()[0]:
            cursor.execute(_TABLES)
