"""Records that come one by one, page after page, or become a table."""

from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from buildhub.client.tables import TableBuilder, load, to_arrow, to_pandas, to_polars
from buildhub.client.values import Record

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow


class Records(Iterator[Record]):
    """An iterator of records. Those that have not been met yet can become a table.

    Tables need libraries that are extras of buildhub; see `buildhub.client.tables`.
    """

    def __init__(self, records: Iterator[Record]) -> None:
        self._records = records

    def __iter__(self) -> Iterator[Record]:
        return self._records

    def __next__(self) -> Record:
        return next(self._records)

    def to_arrow(self) -> "pyarrow.Table":
        """Return a table of PyArrow (``buildhub[arrow]``)."""
        return to_arrow(record.data for record in self._records)

    def to_pandas(self) -> "pandas.DataFrame":
        """Return a data frame of pandas (``buildhub[pandas]``)."""
        load("pandas")
        return to_pandas(self.to_arrow())

    def to_polars(self) -> "polars.DataFrame":
        """Return a data frame of Polars (``buildhub[polars]``)."""
        load("polars")
        return to_polars(self.to_arrow())


class AsyncRecords(AsyncIterator[Record]):
    """As `Records`, for asynchronous programs."""

    def __init__(self, records: AsyncIterator[Record]) -> None:
        self._records = records

    def __aiter__(self) -> AsyncIterator[Record]:
        return self._records

    async def __anext__(self) -> Record:
        return await anext(self._records)

    async def to_arrow(self) -> "pyarrow.Table":
        """Return a table of PyArrow (``buildhub[arrow]``)."""
        builder = TableBuilder()
        async for record in self._records:
            builder.add(record.data)
        return builder.finish()

    async def to_pandas(self) -> "pandas.DataFrame":
        """Return a data frame of pandas (``buildhub[pandas]``)."""
        load("pandas")
        return to_pandas(await self.to_arrow())

    async def to_polars(self) -> "polars.DataFrame":
        """Return a data frame of Polars (``buildhub[polars]``)."""
        load("polars")
        return to_polars(await self.to_arrow())
