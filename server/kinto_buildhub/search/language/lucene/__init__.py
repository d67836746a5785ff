"""Lucene's languages: regular expressions, query strings, and the simple ones."""
