"""Tests of ``/v1/latest``: the newest build of a channel."""
