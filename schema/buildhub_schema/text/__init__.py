"""Text that others read: printable, as log lines, as addresses, and in cells of tables."""
