"""The secrets in an exporter's config: sealed where they are kept, and never told.

Confluent seals them under `password.encoder.secret` too, in a way that it does not tell. This one is ours: AES-GCM, under a key that is
derived from that secret.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from headwater.kernel.world import Randomness
from headwater.registry.errors import InvalidExporterConfig

HIDDEN: Final = "[hidden]"
"""What is told instead of a secret; as a change it leaves the secret as it is."""
_SEALED: Final = "sealed:"
_KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"headwater exporters"
_SECRETS: Final = ("password", "secret", "token", "user.info", "jaas", "ssl.key", "credential.value")
_SOURCE: Final = "credentials.source"


def is_secret(name: str) -> bool:
    lowered = name.lower()
    return not lowered.endswith(_SOURCE) and any(each in lowered for each in _SECRETS)


def told(config: Mapping[str, str]) -> dict[str, str]:
    """As an answer may have it: an address may hold a user and a password too."""
    return {name: HIDDEN if is_secret(name) else _without_user(config[name]) for name in sorted(config)}


class Seal:
    """Without a secret nothing is sealed, and no secrets are taken."""

    def __init__(self, secret: str | None, randomness: Randomness) -> None:
        self._cipher: Final = None if not secret else AESGCM(_derived(secret))
        self._randomness = randomness

    def sealed(self, config: Mapping[str, str], *, old: Mapping[str, str]) -> dict[str, str]:
        """`old` is sealed already. Raises InvalidExporterConfig."""
        return {name: self._sealed(name, text, old.get(name)) for name, text in config.items()}

    def _sealed(self, name: str, text: str, old: str | None) -> str:
        if text == HIDDEN and old is not None:
            return old
        if not _is_kept_sealed(name, text):
            return text
        if self._cipher is None:
            raise InvalidExporterConfig(f"{name} is a secret, and password.encoder.secret is not set to keep it safe")
        nonce = self._randomness.bytes(_NONCE_BYTES)
        return _SEALED + b64encode(nonce + self._cipher.encrypt(nonce, text.encode(), name.encode())).decode()

    def opened(self, config: Mapping[str, str]) -> dict[str, str]:
        """Raises InvalidExporterConfig where the secret is another one now."""
        return {name: self._opened(name, text) for name, text in config.items()}

    def _opened(self, name: str, text: str) -> str:
        if not text.startswith(_SEALED):
            return text
        try:
            data = b64decode(text.removeprefix(_SEALED), validate=True)
            if self._cipher is not None:
                return self._cipher.decrypt(data[:_NONCE_BYTES], data[_NONCE_BYTES:], name.encode()).decode()
        except (InvalidTag, ValueError):
            pass
        raise InvalidExporterConfig(f"{name} was kept safe under another password.encoder.secret; set it again")


def _is_kept_sealed(name: str, text: str) -> bool:
    """An address with a user in it is a secret as a whole."""
    return is_secret(name) or _without_user(text) != text


def _without_user(text: str) -> str:
    """Of addresses, between commas."""
    if text.startswith(_SEALED):
        return HIDDEN
    if "://" not in text or "@" not in text:
        return text
    return ",".join(_host_only(each) for each in text.split(","))


def _host_only(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    user, at, host = rest.rpartition("@")
    return f"{scheme}{separator}{HIDDEN}@{host}" if at and user else url


def _derived(secret: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=_KEY_BYTES, salt=None, info=_PURPOSE).derive(secret.encode())
