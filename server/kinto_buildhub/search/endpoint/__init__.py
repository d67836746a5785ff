"""The search endpoints of a collection, over HTTP."""
