"""What a run did, in numbers: read, published, unsettled, newest."""
