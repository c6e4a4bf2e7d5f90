"""Records enter a topic that asks for it only with schemas that the registry knows for their subject (Confluent's schema validation).

A batch whose schemas are known already goes straight in. One that names another waits until somebody has been asked, and those that
come behind it to the same partition stand in line, so that they keep their order. A batch is refused whole, with the places of
the records at fault (KIP-467); a null key or value has no schema and passes.
"""

from asyncio import Future, get_running_loop
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Final

from msgspec import Struct

from headwater.broker.errors import Refused
from headwater.broker.lines import pass_on
from headwater.broker.ports import Schemas
from headwater.broker.schemas.settings import (
    KEY_SUBJECT_NAMES,
    KEY_VALIDATION,
    VALUE_SUBJECT_NAMES,
    VALUE_VALIDATION,
    SubjectNames,
)
from headwater.kernel.layers import LiveSettings, Settings
from headwater.kernel.tasks import Ward
from headwater.log.admission import DECOMPRESSED_MAX
from headwater.log.errors import InvalidBatch, LogError
from headwater.log.port import Appended, Log
from headwater.wire.batch.header import HEADER_BYTES, BatchHeader, read_header, verify_crc
from headwater.wire.batch.schema_ids import schema_marks
from headwater.wire.error_codes import ErrorCode
from headwater.wire.errors import BatchError
from headwater.wire.types import Uuid

Enter = Callable[[], Future[Appended]]
"""Appends the batch that it was made for; raises what `Log.append` raises."""

_FAULTS_MAX: Final = 100
"""Records at fault that a producer is told of, one by one."""


class Check(Struct, frozen=True, kw_only=True, gc=False):
    """What a topic asks of its keys, or of its values."""

    of_keys: bool
    subject: str
    by_record: bool

    def __str__(self) -> str:
        return f"subject {self.subject}" + ("<record name>" if self.by_record else "")


class _Use(Struct, frozen=True, gc=False):
    check: Check
    mark: bytes


class _Entrant(Struct, frozen=True, kw_only=True, gc=False):
    """A batch that stands in line, with the schemas that it uses by the records that do."""

    uses: dict[_Use, list[range]]
    enter: Enter
    appended: Future[Appended]


class SchemaValidation:
    """All lines of this broker: one for each partition whose first batch waits."""

    def __init__(self, settings: LiveSettings, schemas: Schemas, *, ward: Ward) -> None:
        self._settings = settings
        self._schemas = schemas
        self._ward = ward
        self._lines: dict[tuple[Uuid, int], deque[_Entrant]] = {}

    def of(self, topic: str) -> tuple[Check, ...]:
        """What batches to this topic must be asked; nothing for most."""
        wanted = self._settings.topic(topic).resolved(_wanted)
        return tuple(_check(topic, *each) for each in wanted) if wanted else ()

    def append(self, log: Log, batch: memoryview, checks: tuple[Check, ...], enter: Enter) -> Future[Appended]:
        """As `Log.append`, which may raise at once; the future can fail with Refused too."""
        header = _header(batch)
        if header is None:
            return enter()
        try:
            uses = _uses(batch, header, checks)
        except BatchError as error:
            return _at_fault(batch, header, enter, InvalidBatch(str(error)))
        key = (log.partition.topic_id, log.partition.index)
        line = self._lines.get(key)
        if line is None:
            verdicts = {use: self._knows(use) for use in uses}
            if (refusal := _refusal(uses, verdicts)) is not None:
                return _at_fault(batch, header, enter, refusal)
            if None not in verdicts.values():
                return enter()
            line = self._lines[key] = deque()
            self._ward.start(f"schemas {log.partition}", lambda: self._let_in(key), ended=lambda: self._end(key))
        entrant = _Entrant(uses=uses, enter=enter, appended=get_running_loop().create_future())
        line.append(entrant)
        return entrant.appended

    def _knows(self, use: _Use) -> bool | None:
        return bool(use.mark) and self._schemas.knows(use.mark, use.check.subject, by_record=use.check.by_record)

    async def _let_in(self, key: tuple[Uuid, int]) -> None:
        line = self._lines[key]
        while line:
            entrant = line[0]
            verdicts = {use: await self._found(use) for use in entrant.uses}
            refusal: Exception | None = _refusal(entrant.uses, verdicts)
            if refusal is None and None in verdicts.values():
                refusal = _nobody_knows()
            line.popleft()
            _enter(entrant, refusal)
        del self._lines[key]

    async def _found(self, use: _Use) -> bool | None:
        known = self._knows(use)
        if known is None:
            known = await self._schemas.find(use.mark, use.check.subject, by_record=use.check.by_record)
        return known

    def _end(self, key: tuple[Uuid, int]) -> None:
        """Nobody is left in a line that nobody lets in."""
        for entrant in self._lines.pop(key, ()):
            _enter(entrant, _nobody_knows())


def _wanted(topic: Settings) -> tuple[tuple[bool, SubjectNames], ...]:
    """Whether it is about keys, and how their subjects are named."""
    asked = ((True, KEY_VALIDATION, KEY_SUBJECT_NAMES), (False, VALUE_VALIDATION, VALUE_SUBJECT_NAMES))
    return tuple((of_keys, SubjectNames(topic[names])) for of_keys, enabled, names in asked if topic[enabled])


def _check(topic: str, of_keys: bool, names: SubjectNames) -> Check:
    match names:
        case SubjectNames.TOPIC:
            return Check(of_keys=of_keys, subject=f"{topic}-{'key' if of_keys else 'value'}", by_record=False)
        case SubjectNames.RECORD:
            return Check(of_keys=of_keys, subject="", by_record=True)
        case SubjectNames.TOPIC_RECORD:
            return Check(of_keys=of_keys, subject=f"{topic}-", by_record=True)


def _header(batch: memoryview) -> BatchHeader | None:
    """None for what the log itself will refuse."""
    if len(batch) < HEADER_BYTES:
        return None
    try:
        header = read_header(batch)
    except BatchError:
        return None
    return header if header.size == len(batch) else None


def _uses(batch: memoryview, header: BatchHeader, checks: tuple[Check, ...]) -> dict[_Use, list[range]]:
    uses: dict[_Use, list[range]] = {}
    for check in checks:
        for each in schema_marks(batch, header, of_keys=check.of_keys, decompressed_max=DECOMPRESSED_MAX):
            if each.mark is not None:
                uses.setdefault(_Use(check, each.mark), []).append(range(each.first, each.first + each.count))
    return uses


def _refusal(uses: dict[_Use, list[range]], verdicts: Mapping[_Use, bool | None]) -> InvalidBatch | None:
    unknown = [use for use, known in verdicts.items() if known is False]
    if not unknown:
        return None
    count = sum(len(span) for use in unknown for span in uses[use])
    faults = [fault for use in unknown for fault in _faults(use, uses[use])]
    checks = " and ".join(dict.fromkeys(str(use.check) for use in unknown))
    reason = f"{count} records were not written with a schema that the registry knows for {checks}; register it first"
    return InvalidBatch(reason, record_errors=tuple(sorted(faults)[:_FAULTS_MAX]))


def _faults(use: _Use, spans: list[range]) -> Iterator[tuple[int, str]]:
    what = "key" if use.check.of_keys else "value"
    said = f"names schema {use.mark[1:].hex()}, which is unknown there" if use.mark else "names no schema"
    for place in (place for span in spans for place in span[:_FAULTS_MAX]):
        yield place, f"the {what} {said}: {use.check}"


def _nobody_knows() -> Refused:
    """With a code that producers come again after."""
    return Refused(
        ErrorCode.NOT_ENOUGH_REPLICAS,
        "the schema registry does not answer; the schemas of the records could not be looked up",
    )


def _at_fault(batch: memoryview, header: BatchHeader, enter: Enter, refusal: InvalidBatch) -> Future[Appended]:
    """A batch that was damaged on its way is refused as that, by the log, so that its producer sends it again."""
    try:
        verify_crc(batch, header)
    except BatchError:
        return enter()
    raise refusal


def _enter(entrant: _Entrant, refusal: Exception | None) -> None:
    if entrant.appended.done():
        return
    if refusal is not None:
        entrant.appended.set_exception(refusal)
        return
    try:
        appended = entrant.enter()
    except (LogError, Refused) as error:
        entrant.appended.set_exception(error)
    else:
        appended.add_done_callback(partial(pass_on, entrant.appended))
