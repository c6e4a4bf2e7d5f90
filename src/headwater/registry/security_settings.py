"""What a registry is told of security, by Confluent's names: who may ask it, and how it speaks to others."""

from typing import Final

from headwater.kernel.catalogue import AnySetting
from headwater.kernel.kinds import Boolean, Choice, Text, TextList
from headwater.kernel.settings import Scope, Setting
from headwater.kernel.tls import Peers
from headwater.security.cluster_settings import cluster_settings
from headwater.security.tls.settings import tls_settings

LISTENER_TLS: Final = tls_settings("", Scope.REGISTRY)
"""For listeners, and for the requests that are forwarded to another registry."""
CLUSTER: Final = cluster_settings("kafkastore.", Scope.REGISTRY)

CLIENT_AUTHENTICATION: Final = Setting(
    "ssl.client.authentication",
    Choice(*(each.value for each in Peers)),
    default=Peers.NONE.value,
    scope=Scope.REGISTRY,
    doc="Whether those who connect by https show a certificate that is trusted.",
)
CLIENT_AUTH: Final = Setting(
    "ssl.client.auth",
    Boolean,
    default=False,
    scope=Scope.REGISTRY,
    doc="An older way to say ssl.client.authentication=REQUIRED.",
)
AUTHENTICATION_METHOD: Final = Setting(
    "authentication.method",
    Choice("NONE", "BASIC"),
    default="NONE",
    scope=Scope.REGISTRY,
    doc="Whether those who ask must give a name and a password.",
)
AUTHENTICATION_REALM: Final = Setting(
    "authentication.realm",
    Text,
    default="schema-registry",
    scope=Scope.REGISTRY,
    doc="What names and passwords are for, and the section of the JAAS file.",
)
AUTHENTICATION_ROLES: Final = Setting(
    "authentication.roles",
    TextList,
    default=("*",),
    scope=Scope.REGISTRY,
    doc="Who of the users may ask: those with one of these roles, or with * all of them.",
)
AUTHENTICATION_SKIP_PATHS: Final = Setting(
    "authentication.skip.paths",
    TextList,
    default=(),
    scope=Scope.REGISTRY,
    doc="Paths for which nobody is asked, such as /metrics; with /* at the end all below.",
)
USERS_FILE: Final = Setting(
    "authentication.users.file",
    Text,
    default=None,
    scope=Scope.REGISTRY,
    doc="Users, each on a line `name: password,role,...` (none in Confluent's, where only JAAS names the file).",
)
JAAS_FILE: Final = Setting(
    "java.security.auth.login.config",
    Text,
    default=None,
    scope=Scope.REGISTRY,
    doc="A JAAS file: its section named as the realm says where the users are (a property of the JVM for Confluent's).",
)
SETTINGS: Final[tuple[AnySetting, ...]] = (
    *LISTENER_TLS,
    CLIENT_AUTHENTICATION,
    CLIENT_AUTH,
    AUTHENTICATION_METHOD,
    AUTHENTICATION_REALM,
    AUTHENTICATION_ROLES,
    AUTHENTICATION_SKIP_PATHS,
    USERS_FILE,
    JAAS_FILE,
    *CLUSTER,
)
