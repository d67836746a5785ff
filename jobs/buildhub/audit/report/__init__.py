"""The report of an audit: findings and counts, as text for people and as JSON for programs."""
