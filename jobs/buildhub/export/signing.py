"""Signatures over exports, in the form of minisign: https://jedisct1.github.io/minisign/."""

from pathlib import Path
from typing import Any

from buildhub.errors import ConfigError


class SigningKey:
    """A secret key of minisign's.

    Args:
        path: of the file that ``minisign -G`` writes.
        password: of the key; None for one without.

    Raises:
        ConfigError: it is none, or the password is wrong.
    """

    def __init__(self, path: Path, password: str | None) -> None:
        try:
            import minisign
        except ImportError as exc:
            raise ConfigError("signatures need py-minisign: install buildhub[export]") from exc
        try:
            key: Any = minisign.SecretKey.from_file(path)
            if key.is_encrypted():
                if password is None:
                    raise ConfigError(f"{path}: the key has a password; set MINISIGN_PASSWORD")
                key.decrypt(password)
        except (OSError, ValueError, minisign.Error) as exc:
            raise ConfigError(f"{path}: no key of minisign, or another password ({exc})") from exc
        self._key = key

    def sign(self, data: bytes, comment: str) -> bytes:
        """Return the signature file; the same data and comment make the same."""
        signature = self._key.sign(data, trusted_comment=comment)
        return bytes(signature) + b"\n"
