"""What the address of the search page asks for. Pure functions on values."""
