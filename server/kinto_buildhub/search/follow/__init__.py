"""How indexes follow the store: changes, rebuilds, repairs, wakeups between processes."""
