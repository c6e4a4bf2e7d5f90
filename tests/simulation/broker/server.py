"""The real broker as the program of a simulated machine, and whoever watches over it."""

import asyncio
from collections.abc import Mapping
from random import Random

from tests.simulation.broker.history import History
from tests.simulation.simulate import Simulation

from headwater.assembly.broker import Broker
from headwater.assembly.options import BrokerOptions
from headwater.client.address import Address
from headwater.kernel.errors import DiskError, HeadwaterError
from headwater.kernel.tasks import Group
from headwater.kernel.units import KiB
from headwater.kernel.world import World
from headwater.log.errors import StorageFailed
from headwater.log.tiering.object_store import ObjectStore
from headwater.machine.errors import OutcomeUnknown

HOST = "broker-1"
ADDRESS = Address(HOST, 9092)
DATA = "/data"
SLAB_BYTES = 8 * KiB
"""So small that frames are cut at the ends of slabs, or need one of their own; and cheap to make anew with each start."""
SETTINGS = {
    "listeners": f"PLAINTEXT://{HOST}:9092",
    "log.flush.mode": "commit",
    "offsets.topic.num.partitions": "2",
    "group.initial.rebalance.delay.ms": "500",
    "group.min.session.timeout.ms": "1000",
    "log.retention.ms": "-1",
}


class Server:
    """`watch` starts the broker whenever it is down, and now and then ends it cleanly."""

    def __init__(
        self,
        simulation: Simulation,
        history: History,
        settings: Mapping[str, str],
        *,
        object_store: ObjectStore | None = None,
    ) -> None:
        self.host = simulation.host(HOST)
        self.ready = asyncio.Event()
        self._simulation = simulation
        self._history = history
        self._settings = {**SETTINGS, **settings}
        self._object_store = object_store
        self.broker: Broker
        """That of the present life."""
        self._stopping = asyncio.Event()
        self._served = False

    def start(self) -> None:
        self.host.start(self._program)

    async def start_after_a_loss_of_power(self) -> None:
        self.host.crash()
        await self._start_again()

    async def start_after_a_clean_stop(self) -> None:
        self._stopping.set()
        await self.host.ended()
        await self._start_again()

    async def _start_again(self) -> None:
        self.ready.clear()
        self.start()
        await self.ready.wait()

    async def watch(self, random: Random) -> None:
        while True:
            await asyncio.sleep(self._simulation.pace * random.uniform(0.5, 1.5))
            if not self.host.is_running:
                self.start()
            elif self.ready.is_set() and random.random() < 0.05:
                self._stopping.set()

    def check_failures(self) -> None:
        """Only a disk may end the process."""
        unforeseen = [
            each for each in self.host.failures if not isinstance(each, DiskError | StorageFailed | OutcomeUnknown)
        ]
        assert not unforeseen, unforeseen

    async def _program(self, world: World) -> None:
        self._note_start()
        world.disk.make_folder(DATA)
        await world.disk.sync_folder("/")
        options = BrokerOptions(data=DATA, settings=self._settings, hostname=HOST, admin_host=HOST)
        broker = self.broker = Broker(options, world, object_store=self._object_store)
        try:
            async with Group() as group:
                await broker.start(group)
                broker.network.pool.slab_bytes = SLAB_BYTES
                self._served = True
                self.ready.set()
                await self._stopping.wait()
                await broker.stop()
        except ExceptionGroup as failures:
            await broker.stop()
            raise _first(failures) from failures

    def _note_start(self) -> None:
        """Unclean is what follows a life that served clients and that nobody asked to stop: whoever was asked may have
        left a clean folder, even if it did not live to say so."""
        moment = self._history.tick()
        self._history.starts.append(moment)
        if self._served and not self._stopping.is_set():
            self._history.unclean_starts.append(moment)
        self._served = False
        self._stopping.clear()
        self.ready.clear()


def _first(failures: ExceptionGroup[Exception]) -> BaseException:
    """What ended the broker; a failure that was not foreseen goes before one that was."""
    leaves: list[BaseException] = []
    left: list[BaseException] = [failures]
    while left:
        failure = left.pop(0)
        if isinstance(failure, BaseExceptionGroup):
            left.extend(failure.exceptions)
        else:
            leaves.append(failure)
    return next((each for each in leaves if not isinstance(each, HeadwaterError)), leaves[0])
