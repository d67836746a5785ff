"""The pages: what each shows, as values."""
