"""What messages of object stores say: which files were written."""
