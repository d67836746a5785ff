"""Text that people read: printable, and as log lines."""
