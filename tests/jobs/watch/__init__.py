"""Tests of `buildhub watch`."""
