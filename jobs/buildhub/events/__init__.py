"""Events of the object store: from a queue or a POST to published records."""
