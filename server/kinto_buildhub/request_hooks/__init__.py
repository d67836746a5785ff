"""Small hooks around each request."""
