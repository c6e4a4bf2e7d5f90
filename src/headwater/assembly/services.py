"""A real process around the services: beside a broker behind `headwater up`, or alone, beside any Kafka cluster."""

import asyncio
from collections.abc import Callable

from headwater.assembly.process import Pipes, loop_factory, stop_event
from headwater.assembly.ready import ServicesReady
from headwater.assembly.registry import Registry
from headwater.assembly.registry_options import RegistryOptions
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.kernel.real.limits import raise_open_files
from headwater.kernel.real.world import real_world
from headwater.kernel.tasks import Group
from headwater.kernel.world import World

log = get("services")


def run_services(
    options: RegistryOptions, *, ready: Callable[[ServicesReady], None], pipes: Pipes | None = None
) -> int:
    """Until SIGTERM, SIGINT, or the end of the supervisor: 0. If a service can't start: 1, and a log line why."""
    raise_open_files()
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_main(options, ready, pipes or Pipes(), real_world()))


async def _main(options: RegistryOptions, ready: Callable[[ServicesReady], None], pipes: Pipes, world: World) -> int:
    stopped = await stop_event(pipes)
    registry = Registry(options, world)
    code = 0
    try:
        async with Group() as group:
            starting = group.start("start", registry.start())
            waiting = group.start("signals", stopped.wait())
            await asyncio.wait((starting, waiting), return_when=asyncio.FIRST_COMPLETED)
            if starting.done() and starting.exception() is None:
                ready(ServicesReady(registry=registry.urls))
                await waiting
            starting.cancel()
            waiting.cancel()
    except* (HeadwaterError, OSError) as problems:
        for error in problems.exceptions:
            log.error("the services can't start", error=error)
        code = 1
    finally:
        await registry.stop()
    return code
