"""``python -m buildhub`` is the ``buildhub`` command."""

from buildhub.command import main

if __name__ == "__main__":
    main()
