"""One command's conversation with a cluster: connect, do it, explain what went wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, TypeVar

import typer

from headwater.cli.failures import explained
from headwater.cli.secured import security
from headwater.client.address import addresses_of
from headwater.client.cluster import Cluster
from headwater.client.options import ClientOptions
from headwater.kernel.real.randomness import SystemRandomness

Result = TypeVar("Result")

CLIENT_ID: Final = "headwater-cli"
_OPTIONS: Final = ClientOptions(
    client_id=CLIENT_ID, connect_timeout_ms=5_000, request_timeout_ms=15_000, deadline_ms=20_000
)

Bootstrap = Annotated[
    str,
    typer.Option("--bootstrap", "-b", envvar="HEADWATER_BOOTSTRAP", help="Where a broker is", metavar="HOST:PORT"),
]
LOCAL: Final = "localhost:9092"


def talk(bootstrap: str, work: Callable[[Cluster], Awaitable[Result]]) -> Result:
    """What `work` gives. Nobody there is said at once and not after many attempts."""

    async def conversation() -> Result:
        addresses, options = addresses_of(bootstrap), security().options(_OPTIONS)
        async with Cluster(addresses, randomness=SystemRandomness(), options=options) as cluster:
            await cluster.reach()
            return await work(cluster)

    with explained():
        return asyncio.run(conversation())
