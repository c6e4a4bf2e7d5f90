"""What a registry's process is told, and what it refuses rather than neglects."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from headwater.assembly.errors import RefusedSetting
from headwater.client.address import Address, addresses_of
from headwater.kernel.errors import InvalidSetting
from headwater.registry import settings as of
from headwater.registry.defaults import Defaults
from headwater.registry.levels import CompatibilityLevel
from headwater.registry.settings import RegistrySettings

_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - it is compared with
_PLAIN: Final = "PLAINTEXT"


@dataclass(frozen=True, kw_only=True, slots=True)
class Listener:
    scheme: str
    host: str
    port: int

    @property
    def shown_host(self) -> str:
        host = "localhost" if self.host in _EVERYWHERE else self.host
        return f"[{host}]" if ":" in host else host


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistryOptions:
    settings: RegistrySettings
    listeners: tuple[Listener, ...]
    bootstrap: tuple[Address, ...]
    host_name: str
    defaults: Defaults


def registry_options(texts: Mapping[str, str], *, machine: str) -> RegistryOptions:
    """`machine` is what this one is called by others, where nothing else is said. Raises RefusedSetting and SettingError."""
    _refuse_what_would_be_neglected(texts)
    settings = RegistrySettings(texts)
    listeners = tuple(map(_listener, settings[of.LISTENERS]))
    wanted = settings[of.INTER_INSTANCE_PROTOCOL]
    if wanted not in {each.scheme for each in listeners}:
        raise InvalidSetting(of.INTER_INSTANCE_PROTOCOL.name, wanted, "what one of the listeners speaks")
    return RegistryOptions(
        settings=settings,
        listeners=listeners,
        bootstrap=_bootstrap(settings),
        host_name=settings[of.HOST_NAME] or machine,
        defaults=Defaults(
            compatibility_level=CompatibilityLevel[settings[of.COMPATIBILITY_LEVEL].upper()],
            validate_fields=settings[of.VALIDATE_FIELDS],
            validate_new_schemas=settings[of.VALIDATE_NEW_SCHEMAS],
            modes_change=settings[of.MODE_MUTABILITY],
        ),
    )


def _listener(text: str) -> Listener:
    try:
        parts = urlsplit(text)
        listener = Listener(scheme=parts.scheme, host=parts.hostname or "", port=parts.port or 0)
    except ValueError:
        raise InvalidSetting(of.LISTENERS.name, text, "http://HOST:PORT") from None
    if listener.scheme == "https":
        raise RefusedSetting(of.LISTENERS.name, text, "connections would not be encrypted")
    if listener.scheme != "http" or not listener.host:
        raise InvalidSetting(of.LISTENERS.name, text, "http://HOST:PORT")
    return listener


def _bootstrap(settings: RegistrySettings) -> tuple[Address, ...]:
    """Without the protocol that each may have before it."""
    given = settings[of.BOOTSTRAP_SERVERS]
    if not given:
        raise InvalidSetting(of.BOOTSTRAP_SERVERS.name, "", "HOST:PORT of at least one broker")
    return addresses_of(",".join(each.removeprefix(f"{_PLAIN}://") for each in given))


def _refuse_what_would_be_neglected(texts: Mapping[str, str]) -> None:
    for name, reason in _NEEDED.items():
        if text := texts.get(name, "").strip():
            raise RefusedSetting(name, text, reason)
    protocol = texts.get("kafkastore.security.protocol", _PLAIN).strip()
    if protocol not in {"", _PLAIN}:
        raise RefusedSetting("kafkastore.security.protocol", protocol, "the cluster would be spoken to without it")


_NEEDED: Final[Mapping[str, str]] = {
    "authentication.method": "nobody would be asked who they are",
    "kafkastore.sasl.mechanism": "the cluster would not be told who this is",
    "kafkastore.sasl.jaas.config": "the cluster would not be told who this is",
    "ssl.client.authentication": "clients' certificates would not be checked",
    "ssl.client.auth": "clients' certificates would not be checked",
}
