"""Text that people read: printable, as log lines, and in cells of tables."""
