"""``buildhub``, with little patience for a database that does not start again."""

from buildhub.command import main
from kinto_buildhub.postgres import supervisor

if __name__ == "__main__":
    supervisor.PAUSES_SECONDS = (0.0, 0.1)
    main()
