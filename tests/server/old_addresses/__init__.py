"""Tests of the later catalogue service's addresses."""
