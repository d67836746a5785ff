"""The catalogue as a tree of small files, which any web server can serve: ``--layout static``.

`names` makes file names of any value, `newest` collects the newest builds of each channel, `files`
has the content of the files, and `tree` writes them all.
"""

from buildhub.export.static.tree import write_tree

__all__ = ["write_tree"]
