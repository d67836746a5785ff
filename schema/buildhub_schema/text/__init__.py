"""Text that others read: printable, as log lines, addresses, cells of tables, and revisions."""
