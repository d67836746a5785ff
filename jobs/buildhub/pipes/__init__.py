"""The jobs behind the commands that read standard input: ``records`` and ``to-kinto``."""
