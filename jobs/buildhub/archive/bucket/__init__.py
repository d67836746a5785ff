"""The archive's bucket in Google Cloud Storage, through its JSON API."""
