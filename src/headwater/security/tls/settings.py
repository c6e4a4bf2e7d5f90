"""Kafka's `ssl.*` settings, declared once for every place that has them, each with its own prefix."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.errors import InvalidSetting
from headwater.kernel.kinds import Choice, Kind, ListOf, Password, Secret, Text, TextList
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.tls import VERSIONS, Identity, TlsEnd
from headwater.security.tls.stores import certificates_in, identity_in, pem_in

V = TypeVar("V")
Read = Callable[[str], bytes]
"""A file's bytes by its path."""


class Values(Protocol):
    def __getitem__(self, setting: Setting[V], /) -> V: ...


@dataclass(frozen=True, kw_only=True, slots=True)
class TlsSettings:
    """The declarations of one place."""

    keystore_location: Setting[str | None]
    keystore_password: Setting[Secret | None]
    keystore_type: Setting[str | None]
    key_password: Setting[Secret | None]
    keystore_key: Setting[Secret | None]
    keystore_chain: Setting[Secret | None]
    truststore_location: Setting[str | None]
    truststore_password: Setting[Secret | None]
    truststore_type: Setting[str | None]
    truststore_certificates: Setting[Secret | None]
    enabled_protocols: Setting[tuple[str, ...]]
    cipher_suites: Setting[tuple[str, ...]]
    endpoint_identification: Setting[str]

    def __iter__(self) -> Iterator[AnySetting]:
        return (getattr(self, name) for name in self.__dataclass_fields__)

    def end(self, values: Values, read: Read) -> TlsEnd:
        """Raises InvalidSetting, UnreadableStore, DiskError."""
        if values[self.cipher_suites]:
            text = ",".join(values[self.cipher_suites])
            raise InvalidSetting(
                self.cipher_suites.name, text, "left out: the suites are those that OpenSSL holds safe"
            )
        return TlsEnd(
            identity=self._identity(values, read),
            trusted=self._trusted(values, read),
            checks_host=bool(values[self.endpoint_identification]),
            versions=tuple(each for each in VERSIONS if each in values[self.enabled_protocols]),
        )

    def _identity(self, values: Values, read: Read) -> Identity | None:
        key, chain, location = values[self.keystore_key], values[self.keystore_chain], values[self.keystore_location]
        if (key is None) != (chain is None):
            missing = self.keystore_key if key is None else self.keystore_chain
            raise InvalidSetting(missing.name, "", "given too: a key and its certificates belong together")
        if key is not None and chain is not None:
            return Identity(chain=pem_in(chain), key=pem_in(key), password=values[self.key_password])
        if location is None:
            return None
        return identity_in(
            read(location),
            name=location,
            password=values[self.keystore_password],
            key_password=values[self.key_password],
        )

    def _trusted(self, values: Values, read: Read) -> bytes | None:
        certificates, location = values[self.truststore_certificates], values[self.truststore_location]
        if certificates is not None:
            return certificates_in(pem_in(certificates), name=self.truststore_certificates.name, password=None)
        if location is None:
            return None
        return certificates_in(read(location), name=location, password=values[self.truststore_password])


def tls_settings(prefix: str, scope: Scope) -> TlsSettings:
    """`prefix` stands before `ssl.`."""

    def declared(name: str, kind: Kind[Any], doc: str, default: Any = None) -> Setting[Any]:
        return Setting(f"{prefix}ssl.{name}", kind, default=default, scope=scope, doc=doc)

    kinds = Choice("JKS", "PKCS12", "PEM")
    taken = "Taken for what it is whatever this says: PEM or PKCS12 (JKS must be converted)."
    return TlsSettings(
        keystore_location=declared("keystore.location", Text, "A file with its key and certificates: PEM or PKCS12."),
        keystore_password=declared("keystore.password", Password, "Of a PKCS12 file."),
        keystore_type=declared("keystore.type", kinds, taken),
        key_password=declared("key.password", Password, "Of the private key in PEM."),
        keystore_key=declared("keystore.key", Password, "The private key itself, PEM, instead of a file."),
        keystore_chain=declared(
            "keystore.certificate.chain", Password, "The certificates to that key, PEM, its own one first."
        ),
        truststore_location=declared(
            "truststore.location",
            Text,
            "A file with the certificates that are trusted; without it those of the machine.",
        ),
        truststore_password=declared("truststore.password", Password, "Of a PKCS12 file."),
        truststore_type=declared("truststore.type", kinds, taken),
        truststore_certificates=declared(
            "truststore.certificates", Password, "The certificates that are trusted themselves, PEM, instead of a file."
        ),
        enabled_protocols=declared("enabled.protocols", _Protocols, "Versions of TLS that are spoken.", VERSIONS),
        cipher_suites=declared(
            "cipher.suites", TextList, "Not taken: the suites are those that OpenSSL holds safe.", ()
        ),
        endpoint_identification=declared(
            "endpoint.identification.algorithm",
            Text,
            "https: a server's certificate must be for the name it was reached by. Empty turns that off.",
            "https",
        ),
    )


_Protocols = ListOf(*VERSIONS)
