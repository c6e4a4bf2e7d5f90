"""What a registry's process is told: where it listens, where its cluster is, and what counts where nothing is configured."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from headwater.client.address import Address, addresses_of
from headwater.kernel.errors import InvalidSetting
from headwater.registry import settings as of
from headwater.registry.defaults import Defaults
from headwater.registry.levels import CompatibilityLevel
from headwater.registry.security_settings import CLUSTER
from headwater.registry.settings import RegistrySettings

_EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - it is compared with
_SCHEMES: Final = ("http", "https")
_WANTED: Final = "http://HOST:PORT or https://HOST:PORT"


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

    @property
    def https(self) -> bool:
        return any(each.scheme == "https" for each in self.listeners)


def registry_options(texts: Mapping[str, str], *, machine: str) -> RegistryOptions:
    """`machine` is what this one is called by others, where nothing else is said. Raises SettingError."""
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
        raise InvalidSetting(of.LISTENERS.name, text, _WANTED) from None
    if listener.scheme not in _SCHEMES or not listener.host:
        raise InvalidSetting(of.LISTENERS.name, text, _WANTED)
    return listener


def _bootstrap(settings: RegistrySettings) -> tuple[Address, ...]:
    """Each may have its protocol before it; those that are reached by another one than ours are none."""
    given, protocol = settings[of.BOOTSTRAP_SERVERS], settings[CLUSTER.protocol]
    ours = [each.rpartition("://") for each in given]
    reached = [address for spoken, _, address in ours if spoken in {"", protocol}]
    if not reached:
        wanted = f"HOST:PORT of at least one broker that is reached by {protocol}"
        raise InvalidSetting(of.BOOTSTRAP_SERVERS.name, ",".join(given), wanted)
    return addresses_of(",".join(reached))
