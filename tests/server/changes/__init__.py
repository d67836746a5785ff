"""Tests of listening to changes."""
