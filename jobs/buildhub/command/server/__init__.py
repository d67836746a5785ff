"""Commands that run a server, or work on its database. They need what `kinto_buildhub` needs."""
