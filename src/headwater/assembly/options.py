"""What a broker process is told, and which of Apache Kafka's settings it refuses rather than neglects."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from headwater.assembly.errors import RefusedSetting

DEFAULT_NODE_ID: Final = 1


@dataclass(frozen=True, kw_only=True, slots=True)
class BrokerOptions:
    """`settings` are those of `server.properties` and of the command line, by Kafka's names."""

    data: str
    settings: Mapping[str, str] = field(default_factory=dict)
    hostname: str = "localhost"
    """What a listener without a host is advertised as."""
    admin_host: str = "127.0.0.1"
    admin_port: int = 9644

    @property
    def node_id(self) -> int:
        return int(self.settings.get("node.id") or self.settings.get("broker.id") or DEFAULT_NODE_ID)


def static_settings(options: BrokerOptions) -> dict[str, str]:
    """What holds from the start; the node's id by both of its names, as in Kafka."""
    return {**options.settings, "node.id": str(options.node_id), "broker.id": str(options.node_id)}


def refuse_what_would_be_neglected(settings: Mapping[str, str]) -> None:
    """Raises RefusedSetting where going on would expose or lose something."""
    for name, reason in _NEEDED.items():
        if settings.get(name):
            raise RefusedSetting(name, settings[name], reason)
    folders = settings.get("log.dirs") or settings.get("log.dir") or ""
    if "," in folders:
        raise RefusedSetting("log.dirs", folders, "give one folder")
    for name in ("controller.quorum.voters", "controller.quorum.bootstrap.servers"):
        if "," in settings.get(name, ""):
            raise RefusedSetting(name, settings[name], "this process is the whole quorum; name only itself")
    roles = settings.get("process.roles", "broker,controller")
    if "broker" not in roles:
        raise RefusedSetting("process.roles", roles, "there is no controller apart from the broker here")


_NEEDED: Final[Mapping[str, str]] = {
    "authorizer.class.name": "everybody would be allowed everything",
    "sasl.enabled.mechanisms": "nobody would be asked who they are",
    "ssl.keystore.location": "connections would not be encrypted",
    "ssl.truststore.location": "clients' certificates would not be checked",
}
