"""A real process around a broker: event loop, signals, the supervisor's pipes, and the line that says it is ready."""

import asyncio
import sys
from collections.abc import Callable

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.assembly.process import Pipes, loop_factory, stop_event
from headwater.assembly.ready import Ready
from headwater.kernel.errors import HeadwaterError
from headwater.kernel.logging import get
from headwater.kernel.real.limits import raise_open_files
from headwater.kernel.real.memory import collect_rarely, keep_freed_memory
from headwater.kernel.real.process import process_counters
from headwater.kernel.real.world import real_world
from headwater.kernel.tasks import Group
from headwater.kernel.world import World

log = get("process")

_SWITCH_INTERVAL_S = 0.0005
"""How long the loop's thread may keep the interpreter while a sync thread has something to report."""


def run_broker(
    options: BrokerOptions, *, ready: Callable[[Ready], None], pipes: Pipes | None = None, world: World | None = None
) -> int:
    """Until SIGTERM, SIGINT, or the end of the supervisor: 0. If the broker can't start or go on: 1, and a log line why.

    `world` stands for the real one.
    """
    raise_open_files()
    keep_freed_memory()
    collect_rarely()
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_main(options, ready, pipes or Pipes(), world or real_world()))


async def _main(options: BrokerOptions, ready: Callable[[Ready], None], pipes: Pipes, world: World) -> int:
    stopped = await stop_event(pipes)
    broker = Broker(options, world, of_process=process_counters())
    code = 0
    try:
        async with Group() as group:
            await broker.start(group)
            listeners = tuple((each.advertised.host, each.advertised.port) for each in broker.network.listeners)
            ready(Ready(kafka=listeners, admin=(options.admin_host, broker.admin.port)))
            await stopped.wait()
            await broker.stop()
    except* (HeadwaterError, OSError) as problems:
        for error in problems.exceptions:
            log.error("the broker can't go on", error=error)
        code = 1
    finally:
        await broker.stop()
    return code
