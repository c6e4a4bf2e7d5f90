"""Whatever is appended and fetched in whichever order, a client of an incremental session gets all of it, in order, once."""

from typing import Any

from hypothesis import given, strategies as st
from tests.broker.log_rig import LogRig, log_rig
from tests.contracts.log_store import append, batch, headers, records
from tests.machine.toy import run

from headwater.broker.fetch.sessions import epoch_after
from headwater.broker.handlers import fetch
from headwater.wire.messages.fetch_request import FetchPartition, FetchRequest, FetchTopic
from headwater.wire.messages.fetch_response import FetchResponse

PARTITIONS = 4
VERSION = 12

Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("append"), st.integers(0, PARTITIONS - 1)),
        st.tuples(st.just("trim"), st.integers(0, PARTITIONS - 1)),
        st.tuples(st.just("fetch"), st.sampled_from([1, 200, 10_000])),
    ),
    max_size=60,
)


class Client:
    """Sends what has changed since its last request, as a consumer does."""

    def __init__(self, rig: LogRig) -> None:
        self._rig = rig
        self._session_id = 0
        self._epoch = 0
        self._changed = dict.fromkeys(range(PARTITIONS), 0)
        self.positions = dict.fromkeys(range(PARTITIONS), 0)
        self.high_watermarks = dict.fromkeys(range(PARTITIONS), -1)
        self.values: dict[int, list[bytes | None]] = {index: [] for index in range(PARTITIONS)}

    async def fetch(self, max_bytes: int) -> int:
        """Gives how many records came."""
        partitions = tuple(
            FetchPartition(partition=index, fetch_offset=offset, partition_max_bytes=10_000)
            for index, offset in self._changed.items()
        )
        request = FetchRequest(
            max_bytes=max_bytes,
            session_id=self._session_id,
            session_epoch=self._epoch,
            topics=(FetchTopic(topic="orders", partitions=partitions),) if partitions else (),
        )
        response: FetchResponse = await self._rig.ask(fetch, request, VERSION)
        assert response.error_code == 0
        self._session_id, self._epoch = response.session_id, epoch_after(self._epoch)
        self._changed = {}
        return sum(self._take(part) for topic in response.responses for part in topic.partitions)

    def _take(self, part: Any) -> int:
        index, position = part.partition_index, self.positions[part.partition_index]
        if part.error_code:
            self._go_to(index, part.log_start_offset)
            return 0
        self.high_watermarks[index] = part.high_watermark
        data = bytes(part.records)
        came = [each for each in records(data) if each.offset >= position]
        self.values[index].extend(each.value for each in came)
        if data:
            self._go_to(index, headers(data)[-1].last_offset + 1)
        return len(came)

    def _go_to(self, index: int, offset: int) -> None:
        self.positions[index] = self._changed[index] = offset


@given(STEPS)
def test_a_session_tells_everything_in_order_and_once(steps):
    async def test() -> None:
        async with log_rig() as rig:
            await rig.create("orders", partitions=PARTITIONS)
            client = Client(rig)
            appended: dict[int, list[bytes]] = {index: [] for index in range(PARTITIONS)}
            for place, (step, value) in enumerate(steps):
                if step == "append":
                    values = [f"{place}-{each}" for each in range(3)]
                    await append(rig.log("orders", value), batch(*values))
                    appended[value] += [each.encode() for each in values]
                elif step == "trim":
                    log = rig.log("orders", value)
                    await log.trim(log.bounds.high_watermark)
                else:
                    await client.fetch(value)
            for _ in range(2 * len(steps) + 2):
                await client.fetch(1)
            for index in range(PARTITIONS):
                log = rig.log("orders", index)
                assert client.positions[index] == log.bounds.high_watermark == client.high_watermarks[index]
                seen = [each for each in client.values[index] if each is not None]
                assert seen == [each for each in appended[index] if each in seen]
                if ("trim", index) not in steps:
                    assert seen == appended[index]

    run(test)
