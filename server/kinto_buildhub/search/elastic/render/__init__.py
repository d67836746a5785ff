"""Requests of the tree, written as the JSON that every supported server takes."""
