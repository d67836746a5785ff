"""The archive over HTTP: folder pages, files, faults on demand, and the S3 protocol."""
