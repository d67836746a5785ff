"""What a word may mean: a module for each subject, and the table of all in `all_meanings`."""
