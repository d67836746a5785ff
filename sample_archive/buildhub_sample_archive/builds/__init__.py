"""Releases, candidates and nightlies: what was built when, and the files of each."""
