"""What the pages ask search for, and what they make of its answers."""
