"""Archive entries in, records out: recognise builds, derive their records."""
