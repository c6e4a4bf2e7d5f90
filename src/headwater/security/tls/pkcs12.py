"""PKCS12 files, read by `cryptography`: imported when there is one, for it takes a while to load."""

from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.hazmat.primitives.serialization.pkcs12 import PKCS12KeyAndCertificates, load_pkcs12

from headwater.kernel.kinds import Secret
from headwater.kernel.tls import Identity
from headwater.security.errors import UnreadableStore


def identity_of(store: bytes, *, name: str, password: Secret | None) -> Identity:
    """Raises UnreadableStore."""
    loaded = _loaded(store, name, password)
    if loaded.key is None or loaded.cert is None:
        raise UnreadableStore(name, "there is no private key with its certificate in it")
    chain = (loaded.cert, *loaded.additional_certs)
    return Identity(
        chain=b"".join(each.certificate.public_bytes(Encoding.PEM) for each in chain),
        key=loaded.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    )


def certificates_of(store: bytes, *, name: str, password: Secret | None) -> bytes:
    """Raises UnreadableStore."""
    loaded = _loaded(store, name, password)
    found = ((loaded.cert,) if loaded.cert else ()) + tuple(loaded.additional_certs)
    if not found:
        raise UnreadableStore(name, "there is no certificate in it")
    return b"".join(each.certificate.public_bytes(Encoding.PEM) for each in found)


def _loaded(store: bytes, name: str, password: Secret | None) -> PKCS12KeyAndCertificates:
    try:
        return load_pkcs12(store, password.reveal().encode() if password is not None else None)
    except ValueError:
        raise UnreadableStore(name, "its password is wrong, or it is damaged") from None
