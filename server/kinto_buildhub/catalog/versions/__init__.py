"""What a version should have, and what of that is missing: pure functions on values."""
