"""``buildhub watch``: each new build as it comes, printed or sent to a webhook.

`follow` brings changes from the server, by `event_stream` or by polling. `builds` says which of
them are wanted, and how a build is printed. `job` announces each and keeps the place in `state`. A
webhook is a `receiver`: `signatures` signs, `addresses` refuses private networks, and what cannot
be delivered is kept in `dead_letters`.
"""
