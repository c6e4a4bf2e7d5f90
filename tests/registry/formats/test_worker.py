"""Jobs away from the event loop: done once, within a deadline, by whoever is still alive."""

import asyncio

import pytest
from tests.registry.in_process import InProcessCompanions, ends, never_ends

from headwater.http.errors import TooManyRequests
from headwater.kernel.counters import Counters
from headwater.kernel.real.companions import RealCompanions
from headwater.registry.errors import InvalidSchema
from headwater.registry.formats import jobs
from headwater.registry.formats.format import Source
from headwater.registry.formats.jobs import Compare, Compared, Refused, Tell, Told, Understand, Understood
from headwater.registry.formats.worker import Limits, Results, Worker

INT = Source(text=' "int" ')
RECORD = Source(text='{"type": "record", "name": "R", "fields": [{"name": "o", "type": "Other"}]}')
OTHER = '{"type": "enum", "name": "Other", "symbols": ["A"]}'


def understand(source: Source, **more: bool) -> Understand:
    return Understand(type="AVRO", source=source, strict=True, **more)


def worker(companions: InProcessCompanions, **limits: int) -> Worker:
    return Worker(companions, counters=Counters(), limits=Limits(**limits))


def test_a_schema_is_understood():
    result = jobs.done(understand(INT))
    assert isinstance(result, Understood)
    assert result.text == '"int"'


def test_a_schema_means_the_same_with_what_it_refers_to_written_out():
    referring = jobs.done(understand(Source(text=RECORD.text, references={"Other": OTHER})))
    written_out = jobs.done(understand(Source(text=RECORD.text.replace('"Other"', OTHER))))
    assert isinstance(referring, Understood)
    assert isinstance(written_out, Understood)
    assert referring.text != written_out.text
    assert referring.meaning == written_out.meaning


def test_no_schema_is_refused_and_the_reason_crosses():
    result = jobs.decoded_result(jobs.answer(jobs.encoded(understand(Source(text="{")))))
    assert isinstance(result, Refused)
    assert not result.is_parsed


def test_a_reader_is_compared_with_a_writer():
    result = jobs.done(Compare(type="AVRO", source=INT, writer=Source(text='"string"')))
    assert isinstance(result, Compared)
    assert "TYPE_MISMATCH" in result.found[0]


async def test_equal_jobs_are_done_once():
    companions = InProcessCompanions()
    subject = worker(companions)
    first = await subject.do(understand(INT))
    assert await subject.do(understand(INT)) == first
    assert companions.asked == 1


async def test_who_takes_too_long_is_killed_and_replaced():
    companions = InProcessCompanions(never_ends)
    subject = worker(companions, deadline_ms=1)
    with pytest.raises(InvalidSchema, match="longer than 1 ms"):
        await subject.do(understand(INT))
    companions.answer = jobs.answer
    assert isinstance(await subject.do(understand(INT)), Understood)
    assert (companions.started, len(companions.killed)) == (2, 1)


async def test_who_ends_is_replaced():
    companions = InProcessCompanions(ends)
    subject = worker(companions)
    with pytest.raises(InvalidSchema, match="takes too much"):
        await subject.do(understand(INT))
    companions.answer = jobs.answer
    assert isinstance(await subject.do(understand(INT)), Understood)
    assert companions.started == 2


async def test_who_is_asked_for_by_nobody_any_more_is_killed():
    companions = InProcessCompanions(never_ends)
    subject = worker(companions)
    asking = asyncio.ensure_future(subject.do(understand(INT)))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert len(companions.killed) == 1


async def test_only_so_many_jobs_wait():
    subject = worker(InProcessCompanions(never_ends), waiting_max=1)
    under_way = [asyncio.ensure_future(subject.do(understand(Source(text=text)))) for text in ("1", "2")]
    await asyncio.sleep(0)
    with pytest.raises(TooManyRequests):
        await subject.do(understand(INT))
    for each in under_way:
        each.cancel()
    await asyncio.wait(under_way)


def test_results_are_kept_within_a_bound():
    results = Results(10)
    for digest in (b"1", b"2"):
        results.keep(digest, b"12345")
    results.find(b"1")
    results.keep(b"3", b"12345")
    assert [results.find(each) is not None for each in (b"1", b"2", b"3")] == [True, False, True]


async def test_a_real_process_does_the_same():
    subject = Worker(RealCompanions(), counters=Counters())
    try:
        assert await subject.do(understand(INT)) == jobs.done(understand(INT))
        assert await subject.do(Tell(type="AVRO", source=INT, form="resolved")) == Told(text='"int"')
    finally:
        await subject.close()
