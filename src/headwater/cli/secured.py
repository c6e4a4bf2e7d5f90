"""How a cluster that wants TLS or a password is spoken to: `--command-config`, a client.properties as Kafka's own tools take it.

It stands before the command, as it is the same for all: `headwater --command-config client.properties topic list`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar

from headwater.cli.command_config import COMMAND_CONFIG
from headwater.client.options import ClientOptions
from headwater.kernel.kinds import Secret
from headwater.kernel.properties import parse
from headwater.kernel.real.disk import RealDisk
from headwater.kernel.real.randomness import SystemRandomness
from headwater.kernel.real.tls import client_context
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.tls import TlsEnd
from headwater.security.cluster_settings import cluster_settings
from headwater.security.sasl.exchange import Credentials
from headwater.security.sasl.login import login_of

V = TypeVar("V")

_SETTINGS: Final = cluster_settings("", Scope.CLIENT)
_EMPTY_SAYS: Final = _SETTINGS.tls.endpoint_identification.name
"""To it alone an empty text is a value."""
_KNOWN: Final = {each.name: each for each in _SETTINGS}


@dataclass(frozen=True, kw_only=True, slots=True)
class Security:
    """What one command speaks to its cluster with."""

    end: TlsEnd | None = None
    proved: tuple[str, Credentials] | None = None

    def options(self, options: ClientOptions) -> ClientOptions:
        """Those, for our own client."""
        return replace(
            options,
            tls=client_context(self.end) if self.end is not None else None,
            login=login_of(*self.proved, SystemRandomness()) if self.proved is not None else None,
        )

    @property
    def of_librdkafka(self) -> dict[str, str]:
        """The same, for confluent-kafka."""
        secured, proved = self.end is not None, self.proved is not None
        protocol = ("SASL_" if proved else "") + ("SSL" if secured else "PLAINTEXT")
        return {"security.protocol": protocol} | _tls(self.end) | _sasl(self.proved)


def security() -> Security:
    """Of the command that runs. Raises SettingError, SecurityError, DiskError."""
    path = COMMAND_CONFIG.get()
    return security_of(parse(RealDisk().read(path).decode())) if path else Security()


def security_of(texts: Mapping[str, str]) -> Security:
    """What is not about security in such a file is for other clients."""
    said = {name: text for name, text in texts.items() if name in _KNOWN and (text.strip() or name == _EMPTY_SAYS)}
    values = _Values(said)
    return Security(end=_SETTINGS.end(values, RealDisk().read), proved=_SETTINGS.credentials(values))


class _Values:
    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def __getitem__(self, setting: Setting[V], /) -> V:
        text = self._texts.get(setting.name)
        return setting.default if text is None else setting.parse(text)


def _tls(end: TlsEnd | None) -> dict[str, Any]:
    if end is None:
        return {}
    told = {"ssl.endpoint.identification.algorithm": "https" if end.checks_host else "none"}
    if end.trusted is not None:
        told["ssl.ca.pem"] = end.trusted.decode()
    if end.identity is not None:
        told["ssl.certificate.pem"] = end.identity.chain.decode()
        told["ssl.key.pem"] = (end.identity.key or end.identity.chain).decode()
        told |= _password(end.identity.password)
    return told


def _password(password: Secret | None) -> dict[str, str]:
    return {"ssl.key.password": password.reveal()} if password is not None else {}


def _sasl(proved: tuple[str, Credentials] | None) -> dict[str, str]:
    if proved is None:
        return {}
    mechanism, who = proved
    return {"sasl.mechanism": mechanism, "sasl.username": who.user, "sasl.password": who.password.reveal()}
