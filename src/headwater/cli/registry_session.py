"""One command's conversation with a schema registry: ours, or any that speaks Confluent's API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from headwater.cli.failures import Complaint, explained
from headwater.registry.remote import RemoteRegistry

Result = TypeVar("Result")


def ask_registry(urls: str, user: str | None, work: Callable[[RemoteRegistry], Awaitable[Result]]) -> Result:
    """What `work` gives."""

    async def conversation() -> Result:
        async with opened(urls, user) as registry:
            return await work(registry)

    with explained():
        return asyncio.run(conversation())


def opened(urls: str, user: str | None) -> RemoteRegistry:
    addresses = [each.strip() for each in urls.split(",") if each.strip()]
    if not all(each.startswith(("http://", "https://")) for each in addresses) or not addresses:
        raise Complaint(f"{urls!r} is not where a registry can be: http://HOST:PORT, or several separated by commas")
    return RemoteRegistry(addresses, auth=_credentials(user))


def _credentials(user: str | None) -> tuple[str, str] | None:
    if user is None:
        return None
    name, found, password = user.partition(":")
    if not found:
        raise Complaint("--registry-user is NAME:PASSWORD")
    return name, password
