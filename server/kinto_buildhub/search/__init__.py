"""Search: an index beside the store that follows it, and Elasticsearch's language to ask it."""
