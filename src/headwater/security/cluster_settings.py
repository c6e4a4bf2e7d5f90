"""How a client speaks to a cluster, by Kafka's names: declared once for every place that has them, each with its own prefix."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.errors import InvalidSetting
from headwater.kernel.kinds import Choice, Password, Secret
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.tls import TlsEnd
from headwater.security.sasl.exchange import Credentials
from headwater.security.sasl.login import MECHANISMS, credentials_of
from headwater.security.tls.settings import Read, TlsSettings, Values, tls_settings

_SECURED: Final = ("SSL", "SASL_SSL")
_PROVED: Final = ("SASL_PLAINTEXT", "SASL_SSL")


@dataclass(frozen=True, kw_only=True, slots=True)
class ClusterSettings:
    """The declarations of one place."""

    protocol: Setting[str]
    tls: TlsSettings
    mechanism: Setting[str | None]
    jaas_config: Setting[Secret | None]

    def __iter__(self) -> Iterator[AnySetting]:
        yield from (self.protocol, *self.tls, self.mechanism, self.jaas_config)

    def end(self, values: Values, read: Read) -> TlsEnd | None:
        """None where connections are not encrypted. Raises InvalidSetting, UnreadableStore, DiskError."""
        return self.tls.end(values, read) if values[self.protocol] in _SECURED else None

    def credentials(self, values: Values) -> tuple[str, Credentials] | None:
        """A mechanism and for whom, or None where nobody asks. Raises InvalidSetting, InvalidJaas."""
        if values[self.protocol] not in _PROVED:
            return None
        mechanism, jaas = values[self.mechanism], values[self.jaas_config]
        if mechanism is None:
            raise InvalidSetting(self.mechanism.name, "", f"one of {', '.join(MECHANISMS)}")
        if jaas is None:
            raise InvalidSetting(self.jaas_config.name, "", "a login module with username and password")
        return mechanism, credentials_of(mechanism, jaas)


def cluster_settings(prefix: str, scope: Scope) -> ClusterSettings:
    return ClusterSettings(
        protocol=Setting(
            f"{prefix}security.protocol",
            Choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
            default="PLAINTEXT",
            scope=scope,
            doc="How the cluster is spoken to.",
        ),
        tls=tls_settings(prefix, scope),
        mechanism=Setting(
            f"{prefix}sasl.mechanism",
            Choice(*MECHANISMS),
            default=None,
            scope=scope,
            doc="How it is proved to the cluster who speaks (GSSAPI in Kafka's and Confluent's).",
        ),
        jaas_config=Setting(
            f"{prefix}sasl.jaas.config",
            Password,
            default=None,
            scope=scope,
            doc="The login module with name and password: PlainLoginModule or ScramLoginModule.",
        ),
    )
