"""The object store's inventories of the archive, and the bucket that holds them."""
