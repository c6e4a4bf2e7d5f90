"""The other registry, as an exporter writes to it. Whatever it is asked for may have been done before."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

import httpx

from headwater.registry.contracts import Reference
from headwater.registry.errors import InvalidExporterConfig, RegistryRefused
from headwater.registry.remote import RemoteRegistry
from headwater.registry.store.codec import plain
from headwater.registry.store.modes import Mode
from headwater.registry.store.records import ConfigValue, SchemaValue
from headwater.registry.subjects import DEFAULT_CONTEXT, subject_of

URL: Final = "schema.registry.url"
_BASIC_SOURCE: Final = "basic.auth.credentials.source"
_USER_INFO: Final = "basic.auth.user.info"
_BEARER_SOURCE: Final = "bearer.auth.credentials.source"
_BEARER: Final = "bearer.auth.token"
_TLS: Final = "ssl."
_EXPORTER_HEADER: Final = "Confluent-Schema-Exporter-Name"
_NOT_THERE: Final = (404, 40401, 40402, 40403)
_DELETED_ALREADY: Final = (*_NOT_THERE, 40404, 40406)
_NO_CONFIG: Final = (*_NOT_THERE, 40408)
_NO_MODE: Final = (*_NOT_THERE, 40409)


def check_config(config: Mapping[str, str]) -> None:
    """Raises InvalidExporterConfig."""
    if not all(map(_is_address, _addresses(config))):
        raise InvalidExporterConfig(f"{URL} must be an address, or several between commas")
    if not config.get(_BEARER, "").isascii():
        raise InvalidExporterConfig(f"{_BEARER} is no token")
    if config.get(_BASIC_SOURCE, "URL") == "USER_INFO" and ":" not in config.get(_USER_INFO, ""):
        raise InvalidExporterConfig(f"{_USER_INFO} must be a user and a password with a colon between them")
    if config.get(_BEARER_SOURCE, "STATIC_TOKEN") != "STATIC_TOKEN" or config.get(_BASIC_SOURCE) == "SASL_INHERIT":
        raise InvalidExporterConfig(f"{_BEARER_SOURCE} can only be STATIC_TOKEN, and {_BASIC_SOURCE} URL or USER_INFO")
    if any(_TLS in name for name in config):
        raise InvalidExporterConfig("certificates are those that this machine trusts; they can't be set")


def remote_of(name: str, config: Mapping[str, str], transport: httpx.AsyncBaseTransport | None) -> RemoteRegistry:
    """`config` is opened and checked. A user in an address is told to the other registry, and to nobody who reads of a failure."""
    headers = {_EXPORTER_HEADER: quote(name)}
    if _BEARER in config:
        headers["Authorization"] = f"Bearer {config[_BEARER]}"
    urls = [httpx.URL(each) for each in _addresses(config)]
    users = [(each.username, each.password) for each in urls if each.userinfo]
    if config.get(_BASIC_SOURCE) == "USER_INFO":
        user, _, password = config[_USER_INFO].partition(":")
        users = [(user, password)]
    bare = [str(each.copy_with(userinfo=b"")) for each in urls]
    return RemoteRegistry(bare, auth=next(iter(users), None), headers=headers, transport=transport)


def _addresses(config: Mapping[str, str]) -> list[str]:
    return [each.strip() for each in config.get(URL, "").split(",")]


def _is_address(text: str) -> bool:
    try:
        url = httpx.URL(text)
    except httpx.InvalidURL:
        return False
    return url.scheme in ("http", "https") and bool(url.host)


class Target:
    def __init__(self, remote: RemoteRegistry) -> None:
        self._remote: Final = remote
        self._imports: dict[str, None] = {}
        """Scopes that are known to take ids and versions."""

    async def prepare(self, subject: str) -> None:
        """Its context takes ids and versions from now on, or in the default one the subject alone: it may hold others' too. Whatever is
        in it already must have come the same way."""
        context = subject_of(subject).context
        scope = subject if context == DEFAULT_CONTEXT else subject_of(subject).scope
        if scope in self._imports:
            return
        mode = await self._unless(_NO_MODE, "GET", "mode", scope)
        if mode is None or mode.get("mode") != Mode.IMPORT:
            await self._remote.ask("PUT", "mode", scope, body={"mode": Mode.IMPORT})
        self._imports[scope] = None

    async def id_of(self, subject: str, version: int) -> int | None:
        """Whether it is deleted or not; None where it is not there."""
        found = await self._unless(_NOT_THERE, "GET", "subjects", subject, "versions", version, deleted=True)
        return None if found is None else found.get("id")

    async def register(self, subject: str, value: SchemaValue, references: tuple[Reference, ...]) -> None:
        body = {
            "schemaType": value.schema_type,
            "references": plain(references),
            "metadata": plain(value.metadata),
            "ruleSet": plain(value.rule_set),
            "schema": value.schema,
            "id": value.id,
            "version": value.version,
        }
        said = {name: each for name, each in body.items() if each}
        await self._remote.ask("POST", "subjects", subject, "versions", body=said, normalize=False)

    async def delete(self, subject: str, version: int) -> None:
        """Softly."""
        await self._unless(_DELETED_ALREADY, "DELETE", "subjects", subject, "versions", version)

    async def remove(self, subject: str, version: int) -> None:
        """For good."""
        await self.delete(subject, version)
        await self._unless(_NOT_THERE, "DELETE", "subjects", subject, "versions", version, permanent=True)

    async def configure(self, scope: str, config: ConfigValue | None) -> None:
        if config is None:
            await self._unless(_NO_CONFIG, "DELETE", "config", scope)
        else:
            await self._remote.ask("PUT", "config", scope, body=_config(config))

    async def close(self) -> None:
        await self._remote.close()

    async def _unless(self, codes: tuple[int, ...], method: str, *path: object, **parameters: object) -> Any:
        """None where the answer is one of these refusals."""
        try:
            return await self._remote.ask(method, *path, **parameters)
        except RegistryRefused as refused:
            if refused.code not in codes:
                raise
            return None


def _config(config: ConfigValue) -> dict[str, Any]:
    """What is not said here is said to be not said: the other registry may have said it before."""
    names = zip(config.__struct_fields__, config.__struct_encode_fields__, strict=True)
    said = {encoded: plain(getattr(config, name)) for name, encoded in names if name != "subject"}
    return {"compatibility": said.pop("compatibilityLevel"), **said}
