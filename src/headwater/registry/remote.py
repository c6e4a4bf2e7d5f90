"""A registry somewhere else, ours or Confluent's, as its clients see it: JSON over HTTP.

Several addresses are one registry: where the first can't be reached the next is asked. An address that took a request and then did
not answer is not passed over in silence, for what was asked may have happened.
"""

from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self
from urllib.parse import quote

import httpx
import msgspec

from headwater.registry.errors import RegistryAway, RegistryRefused
from headwater.registry.references import REFERENCES_MAX

CONTENT_TYPE: Final = "application/vnd.schemaregistry.v1+json"
TIMEOUT_S: Final = 10.0


class RemoteRegistry:
    """Raises RegistryRefused with what it said, RegistryAway where nobody answers in time. Close it after use."""

    def __init__(
        self,
        urls: Sequence[str],
        *,
        auth: tuple[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        timeout_s: float = TIMEOUT_S,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """`auth` is a user and a password; `transport` stands for the network."""
        self._urls = [each.rstrip("/") for each in urls]
        self._client = httpx.AsyncClient(
            auth=auth,
            headers={"Content-Type": CONTENT_TYPE, "Accept": CONTENT_TYPE, **(headers or {})},
            timeout=timeout_s,
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._client.aclose()

    async def get(self, *path: object, **parameters: object) -> Any:
        return await self.ask("GET", *path, **parameters)

    async def ask(self, method: str, *path: object, body: object = None, **parameters: object) -> Any:
        """`path` part by part, each as it is called; parameters that are None are left out, and True is `true`."""
        target = "".join(f"/{quote(str(part), safe=':')}" for part in path)
        content = None if body is None else msgspec.json.encode(body)
        sent = {name: _text(value) for name, value in parameters.items() if value is not None}
        return _value(await self._answer(method, target, sent, content))

    async def texts_of(self, schema: Mapping[str, Any]) -> dict[str, str]:
        """What a schema, as the API gives it, refers to: by the names that it uses, each after what that refers to itself."""
        texts: dict[str, str] = {}
        await self._gather(schema, texts)
        return texts

    async def _gather(self, schema: Mapping[str, Any], texts: dict[str, str]) -> None:
        for each in schema.get("references") or ():
            if each["name"] not in texts and len(texts) < REFERENCES_MAX:
                found = await self.get("subjects", each["subject"], "versions", each["version"], deleted=True)
                await self._gather(found, texts)
                texts[each["name"]] = found["schema"]

    async def _answer(self, method: str, target: str, sent: dict[str, str], content: bytes | None) -> httpx.Response:
        reasons = []
        for url in self._urls:
            try:
                return await self._client.request(method, url + target, params=sent, content=content)
            except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as problem:
                reasons.append(f"{url}: {str(problem) or type(problem).__name__}")
            except (httpx.HTTPError, httpx.InvalidURL) as problem:
                raise RegistryAway(f"{url}: {str(problem) or type(problem).__name__}") from problem
        raise RegistryAway("; ".join(reasons) or "no address is given")


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _value(response: httpx.Response) -> Any:
    try:
        value = msgspec.json.decode(response.content) if response.content else None
    except msgspec.DecodeError:
        value = None
    if response.is_success:
        return value
    said = value if isinstance(value, dict) else {}
    code = said.get("error_code", response.status_code)
    raise RegistryRefused(code, said.get("message") or f"HTTP {response.status_code} {response.reason_phrase}")
