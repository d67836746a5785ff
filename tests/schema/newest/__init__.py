"""Tests of which build of a channel is its newest."""
