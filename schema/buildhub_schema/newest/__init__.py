"""Which build of a channel is its newest: the one rule, for searches and for exports."""
