"""The engine that comes with the server: Tantivy, in a folder."""
