"""Who a request is from, if it shows a credential.

`authenticator` asks the others: `headers` says which credential a request shows, `hawk` verifies
signatures of what `signed_requests` makes of a request, `lookups` asks the database, `last_uses`
writes when a credential was used, and `refusals` are the answers to those that are wrong.
"""
