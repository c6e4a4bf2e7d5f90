"""Stores of keys and certificates, of whatever kind: bytes in, PEM out.

What a store is, its first bytes say. Java does the same: `JKS`, which is the default of `ssl.keystore.type`, reads PKCS12 too, and most
files that are called so are PKCS12 since Java 9 writes them.
"""

import re
from typing import Final

from headwater.kernel.kinds import Secret
from headwater.kernel.tls import Identity
from headwater.security.errors import UnreadableStore

_JKS: Final = b"\xfe\xed\xfe\xed"
_JCEKS: Final = b"\xce\xce\xce\xce"
_PEM: Final = b"-----BEGIN "
_CERTIFICATE: Final = b"-----BEGIN CERTIFICATE-----"
_BLOCK: Final = re.compile(rb"(-----BEGIN [A-Z0-9 ]+-----)([^:-]*)(-----END [A-Z0-9 ]+-----)\s*")
_LINE: Final = 64


def identity_in(store: bytes, *, name: str, password: Secret | None, key_password: Secret | None) -> Identity:
    """Raises UnreadableStore. The key of a PEM file has a password of its own, a PKCS12 file one for everything."""
    if _PEM in store:
        if _CERTIFICATE not in store or b"PRIVATE KEY-----" not in store:
            raise UnreadableStore(name, "it must hold a private key and the chain of its certificates")
        return Identity(chain=store, key=b"", password=key_password)
    _check_pkcs12(store, name)
    from headwater.security.tls.pkcs12 import identity_of

    return identity_of(store, name=name, password=password or key_password)


def certificates_in(store: bytes, *, name: str, password: Secret | None) -> bytes:
    """Those who are trusted. Raises UnreadableStore."""
    if _PEM in store:
        if _CERTIFICATE not in store:
            raise UnreadableStore(name, "there is no certificate in it")
        return store
    _check_pkcs12(store, name)
    from headwater.security.tls.pkcs12 import certificates_of

    return certificates_of(store, name=name, password=password)


def pem_in(inline: Secret) -> bytes:
    """A text as it stands in a file of properties, where its lines often became one: with the lines that OpenSSL wants."""
    return _BLOCK.sub(_in_lines, inline.reveal().encode("ascii", errors="replace"))


def _in_lines(block: re.Match[bytes]) -> bytes:
    begin, body, end = block.groups()
    whole = b"".join(body.split())
    lines = (whole[at : at + _LINE] for at in range(0, len(whole), _LINE))
    return b"\n".join((begin, *lines, end, b""))


def _check_pkcs12(store: bytes, name: str) -> None:
    """A PKCS12 file is one ASN.1 sequence."""
    if store.startswith((_JKS, _JCEKS)):
        advice = f"keytool -importkeystore -srckeystore {name} -destkeystore {name}.p12 -deststoretype PKCS12"
        raise UnreadableStore(name, f"it is of Java's old kind; convert it: {advice}")
    if not store.startswith(b"\x30"):
        raise UnreadableStore(name, "it is neither PEM nor PKCS12")
