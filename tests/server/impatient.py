"""``buildhub``, with little patience for a database that does not start again."""

from buildhub.command import main
from kinto_buildhub import keeper

if __name__ == "__main__":
    keeper.PAUSES_SECONDS = (0.0, 0.1)
    main()
