"""What of security a registry's process is made with: who is let in, and how others are spoken to.

All of it is read at the start, so that a file that is missing, or a password that does not fit, keeps the process from starting.
"""

from dataclasses import dataclass, replace
from ssl import SSLContext
from typing import Final

from headwater.kernel.errors import InvalidSetting
from headwater.kernel.real.tls import client_context, server_context
from headwater.kernel.tls import Peers
from headwater.kernel.world import World
from headwater.registry import security_settings as of
from headwater.registry.settings import RegistrySettings
from headwater.security.errors import InvalidJaas
from headwater.security.jaas import sections
from headwater.security.sasl.exchange import Login
from headwater.security.sasl.login import login_of
from headwater.security.users import Users, users_in

_USERS_MODULE: Final = "PropertyFileLoginModule"


@dataclass(frozen=True, kw_only=True, slots=True)
class RegistrySecurity:
    """`listener` and `forwarding` are there where a listener is https, `cluster` and `login` where the cluster wants them."""

    listener: SSLContext | None
    forwarding: SSLContext | None
    cluster: SSLContext | None
    login: Login | None
    users: Users | None


def registry_security(settings: RegistrySettings, world: World, *, https: bool) -> RegistrySecurity:
    """Raises SettingError, SecurityError, DiskError and InvalidTls: each says what is wrong."""
    return RegistrySecurity(
        listener=_listener(settings, world) if https else None,
        forwarding=client_context(of.LISTENER_TLS.end(settings, world.disk.read)) if https else None,
        cluster=_cluster(settings, world),
        login=_login(settings, world),
        users=_users(settings, world) if settings[of.AUTHENTICATION_METHOD] == "BASIC" else None,
    )


def _listener(settings: RegistrySettings, world: World) -> SSLContext:
    end = of.LISTENER_TLS.end(settings, world.disk.read)
    if end.identity is None:
        name = of.LISTENER_TLS.keystore_location.name
        raise InvalidSetting(name, "", "given where a listener is https: a file with its key and certificates")
    peers = Peers.REQUIRED if settings[of.CLIENT_AUTH] else Peers(settings[of.CLIENT_AUTHENTICATION])
    if peers is not Peers.NONE and end.trusted is None:
        name = of.LISTENER_TLS.truststore_location.name
        raise InvalidSetting(name, "", "given where clients show certificates: those whose certificates are taken")
    return server_context(replace(end, peers=peers))


def _cluster(settings: RegistrySettings, world: World) -> SSLContext | None:
    end = of.CLUSTER.end(settings, world.disk.read)
    return client_context(end) if end is not None else None


def _login(settings: RegistrySettings, world: World) -> Login | None:
    proved = of.CLUSTER.credentials(settings)
    return login_of(*proved, world.randomness) if proved is not None else None


def _users(settings: RegistrySettings, world: World) -> Users:
    path = settings[of.USERS_FILE] or _path_of_users(settings, world)
    return users_in(world.disk.read(path).decode())


def _path_of_users(settings: RegistrySettings, world: World) -> str:
    jaas, realm = settings[of.JAAS_FILE], settings[of.AUTHENTICATION_REALM]
    if jaas is None:
        wanted = f"given with {of.AUTHENTICATION_METHOD.name}=BASIC, or {of.JAAS_FILE.name}: where the users are"
        raise InvalidSetting(of.USERS_FILE.name, "", wanted)
    module = sections(world.disk.read(jaas).decode()).get(realm)
    if module is None or module.simple_name != _USERS_MODULE or "file" not in module.options:
        raise InvalidJaas(f"{jaas} has no section {realm} with {_USERS_MODULE} and its file=")
    return module.options["file"]
