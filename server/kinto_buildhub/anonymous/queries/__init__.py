"""What the fast path asks the database, besides lists of records.

`permissions` has the statements: who may read, and in which state the database is. `database` holds
the connections, for `async_queries`, whose rows are fetched later, and `blocking_queries`; those
that are not in use wait in an `idle_pool`.
"""
