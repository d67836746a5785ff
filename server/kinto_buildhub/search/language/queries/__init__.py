"""How the body of each query clause is read, by the families of Elasticsearch's documentation."""
