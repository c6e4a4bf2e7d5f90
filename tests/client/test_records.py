"""Records and raw batches on their way into a real broker and back."""

from headwater.client.admin.topics import NewTopic, create_topic
from headwater.client.consumer import Consumer, Fetched, FetchOptions, OutOfRange, records
from headwater.client.producer import Producer
from headwater.kernel.units import Timestamp
from headwater.log.journals.batches import marker_batch
from headwater.machine.transactional import TransactionEnd
from headwater.wire.batch.attributes import Compression
from headwater.wire.batch.builder import NewRecord, build_batch
from headwater.wire.batch.header import read_header
from headwater.wire.batch.thinning import emptied
from headwater.wire.types import Offset, ProducerEpoch, ProducerId


def new_records(*values: bytes) -> list[NewRecord]:
    return [NewRecord(key=b"k", value=value, headers=(("h", b"1"),), timestamp=Timestamp(5_000)) for value in values]


async def make(cluster, partitions: int = 1) -> None:
    forever = {"retention.ms": "-1"}
    await create_topic(cluster, NewTopic(name="orders", partitions=partitions, configs=forever))


def test_records_come_back_as_they_were_produced(against_a_broker):
    async def test(cluster):
        await make(cluster)
        producer = Producer(cluster, compression=Compression.ZSTD)
        first = await producer.send("orders", 0, new_records(b"a", b"b"))
        second = await producer.send("orders", 0, new_records(b"c"))
        assert (first.base_offset, second.base_offset) == (0, 2)
        consumer = Consumer(cluster)
        consumer.assign({("orders", 0): 1})
        (fetched,) = await consumer.poll()
        assert [(each.offset, each.value) for each in records(fetched)] == [(1, b"b"), (2, b"c")]
        assert consumer.positions == {("orders", 0): 3}

    against_a_broker(test)


def test_the_producers_sequences_stand_in_the_log(against_a_broker):
    async def test(cluster):
        await make(cluster)
        producer = Producer(cluster)
        await producer.send("orders", 0, new_records(b"a", b"b"))
        await producer.send("orders", 0, new_records(b"c"))
        consumer = Consumer(cluster)
        consumer.assign({("orders", 0): 2})
        (fetched,) = await consumer.poll()
        header = read_header(fetched.batches)
        assert (header.base_sequence, header.has_producer) == (2, True)

    against_a_broker(test)


def test_a_raw_batch_keeps_all_but_its_place(against_a_broker):
    async def test(cluster):
        await make(cluster)
        batch = build_batch(new_records(b"a", b"b"), compression=Compression.LZ4)
        await Producer(cluster).send_raw("orders", 0, bytes(batch))
        consumer = Consumer(cluster)
        consumer.assign({("orders", 0): 0})
        (fetched,) = await consumer.poll()
        assert bytes(fetched.batches[16:]) == bytes(batch[16:])

    against_a_broker(test)


def test_a_marker_that_compaction_emptied_hides_nothing():
    end = TransactionEnd(
        producer_id=ProducerId(1), producer_epoch=ProducerEpoch(0), committed=False, coordinator_epoch=0
    )
    marker = marker_batch(end, now=Timestamp(0))
    batches = emptied(read_header(marker)) + build_batch(new_records(b"a"), base_offset=Offset(1))
    fetched = Fetched(
        topic="orders",
        partition=0,
        position=0,
        batches=memoryview(batches),
        high_watermark=2,
        last_stable_offset=2,
    )
    assert [each.value for each in records(fetched)] == [b"a"]


def test_a_position_that_the_log_does_not_hold_goes_to_the_end_that_was_asked_for(against_a_broker):
    async def test(cluster):
        await make(cluster)
        await Producer(cluster).send("orders", 0, new_records(b"a"))
        consumer = Consumer(cluster, options=FetchOptions(out_of_range=OutOfRange.EARLIEST))
        consumer.assign({("orders", 0): 900})
        assert await consumer.poll() == ()
        (fetched,) = await consumer.poll()
        assert [each.value for each in records(fetched)] == [b"a"]

    against_a_broker(test)


def test_all_assigned_partitions_are_read_and_an_empty_wait_gives_nothing(against_a_broker):
    async def test(cluster):
        await make(cluster, partitions=2)
        producer = Producer(cluster)
        await producer.send("orders", 0, new_records(b"a"))
        await producer.send("orders", 1, new_records(b"b"))
        consumer = Consumer(cluster)
        consumer.assign({("orders", 0): 0, ("orders", 1): 0})
        found = [each.value for fetched in await consumer.poll() for each in records(fetched)]
        assert set(found) == {b"a", b"b"}
        assert await consumer.poll(wait_ms=1) == ()
        consumer.assign({})
        assert await consumer.poll(wait_ms=1) == ()

    against_a_broker(test)
