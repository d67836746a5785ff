"""The archive's side of an audit: its builds, read from inventories or listings, kept on disk."""
