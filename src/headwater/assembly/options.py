"""What a broker process is told, and which of Apache Kafka's settings it refuses rather than neglects."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from headwater.assembly.errors import RefusedSetting
from headwater.kernel.catalogue import Catalogue
from headwater.kernel.errors import UnknownSetting
from headwater.kernel.layers import FAMILIES
from headwater.kernel.logging import get
from headwater.kernel.settings import Scope
from headwater.kernel.world import Disk
from headwater.log.segments.folder import read_identity

log = get("broker.settings")

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

    def of_node(self, node_id: int) -> "BrokerOptions":
        return replace(self, settings={**self.settings, "node.id": str(node_id)})


def at_home(options: BrokerOptions, disk: Disk) -> BrokerOptions:
    """The node is the folder's, where nobody says which one it is."""
    named = options.settings.get("node.id") or options.settings.get("broker.id")
    identity = read_identity(disk, options.data) if not named and disk.exists(options.data) else None
    return options if identity is None else options.of_node(identity.node_id)


def static_settings(options: BrokerOptions) -> dict[str, str]:
    """What holds from the start; the node's id by both of its names, as in Kafka, and the folder wherever it was named."""
    node_id = str(options.node_id)
    return {**options.settings, "node.id": node_id, "broker.id": node_id, "log.dirs": options.data}


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
    metadata_folder = settings.get("metadata.log.dir")
    if metadata_folder and metadata_folder != folders:
        raise RefusedSetting("metadata.log.dir", metadata_folder, "metadata and records share one folder")
    roles = settings.get("process.roles", "broker,controller")
    if "broker" not in roles:
        raise RefusedSetting("process.roles", roles, "there is no controller apart from the broker here")


_NEEDED: Final[Mapping[str, str]] = {
    "authorizer.class.name": "everybody would be allowed everything",
    "sasl.enabled.mechanisms": "nobody would be asked who they are",
    "ssl.keystore.location": "connections would not be encrypted",
    "ssl.truststore.location": "clients' certificates would not be checked",
    "create.topic.policy.class.name": "every topic that clients ask for would be created",
    "alter.config.policy.class.name": "every change that clients ask for would be made",
}
_LOOKED_AT_HERE: Final = (
    "broker.id",
    "broker.rack",
    "cluster.id",
    "controller.quorum.bootstrap.servers",
    "controller.quorum.voters",
    "log.dir",
    "log.dirs",
    "node.id",
    "process.roles",
)
"""They have a meaning, though no room declares them."""
_IN_ANOTHER_UNIT: Final = frozenset(name for family in FAMILIES.values() for name, _ in family)


def check_values(catalogue: Catalogue, settings: Mapping[str, str]) -> None:
    """Raises InvalidSetting where the broker would stumble later; what changes nothing is accepted, and a log line says so."""
    without_meaning, unknown = [], []
    for name, text in settings.items():
        try:
            setting = catalogue.validate(Scope.BROKER, name, text)
        except UnknownSetting:
            unknown.append(name)
        else:
            if not setting.meaningful and name not in _IN_ANOTHER_UNIT:
                without_meaning.append(name)
    _tell("settings that change nothing here", without_meaning)
    _tell("settings that nobody knows", unknown)


def _tell(what: str, names: list[str]) -> None:
    if told := [each for each in names if each not in _LOOKED_AT_HERE]:
        log.warn(what, names=", ".join(told))
