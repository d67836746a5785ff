"""The Kinto plugin: what BuildHub adds to a stock server. One module a capability."""
