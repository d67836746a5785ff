"""The known oddities of the archive, as a table, and the files that show them."""
