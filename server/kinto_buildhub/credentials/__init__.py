"""Credentials of publishers, with a life of their own: requested, approved, rotated, revoked.

`administration` has the steps of that life, `store` keeps them in the database with a log, and
`keys` makes the secrets.
"""
