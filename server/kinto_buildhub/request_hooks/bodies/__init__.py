"""Bodies of requests: how large and deep they may be, and what in them cannot be stored."""
