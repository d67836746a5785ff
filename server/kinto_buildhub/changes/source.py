"""What the hub reads of the database; each reading is a transaction of its own."""

from kinto.core.storage.exceptions import BackendError, ObjectNotFoundError
from pyramid.httpexceptions import HTTPClientError, HTTPServerError
from sqlalchemy.exc import SQLAlchemyError

from kinto_buildhub.changes.reader import Reader
from kinto_buildhub.search.errors import StoreUnavailable
from kinto_buildhub.search.follow.changes import Store
from kinto_buildhub.search.index_names import IndexId


class ChangeSource(Store):
    """Kinto's storage, with what listeners need besides changes."""

    def newest_timestamp(self, index: IndexId) -> int | None:
        """Return the timestamp of the collection's records, in ms; None if there is none of it.

        Raises:
            StoreUnavailable: the storage does not answer.
        """
        with self._reading() as storage:
            try:
                storage.get("collection", index.bucket_uri, index.collection_id)
            except ObjectNotFoundError:
                return None
            return int(storage.resource_timestamp("record", index.collection_uri))

    def may_read(self, reader: Reader) -> bool:
        """Return whether a reader may still list the records.

        Raises:
            StoreUnavailable: the database does not answer.
        """
        try:
            with self._reading():
                return reader.may_read()
        except HTTPClientError:  # The credentials do not work any more.
            return False
        except (BackendError, SQLAlchemyError, HTTPServerError) as exc:
            raise StoreUnavailable(f"The database does not answer: {exc}") from exc
