"""Headers: entity tags, who may keep an answer, lengths, and addresses of next pages."""
