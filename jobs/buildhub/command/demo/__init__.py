"""``buildhub demo``: its processes, what its data folder contains, what it prints."""
