"""What a format is asked to do away from the event loop: jobs as values, and the doing of them.

A job and its result are self-contained, so they can cross to another process, and equal jobs have equal results.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from hashlib import md5
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Struct

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.format import Entity, Source
from headwater.registry.formats.logical.errors import NotLogical
from headwater.registry.formats.logical.policy import incompatible, invalid
from headwater.registry.formats.types import format_of

PARSED_MAX: Final = 200
"""Schemas that a worker keeps in its memory as it has understood them."""
PARSED_BYTES_MAX: Final = 64 * 1024
"""Larger ones are parsed again: as understood, they take many times their text."""

_NOT_LOGICAL: Final = "Schema cannot be represented as a logical type: "

TagList: TypeAlias = tuple[tuple[Entity, tuple[str, ...]], ...]
"""Tags as they cross: a mapping whose keys are values can't."""


class Job(Struct, frozen=True, kw_only=True, tag_field="job"):
    type: str
    source: Source


class Understand(Job, frozen=True, kw_only=True, tag=True):
    """Answered by `Understood`."""

    strict: bool
    checked: bool = False
    fields_checked: bool = False
    normalize: bool = False


class Mean(Job, frozen=True, kw_only=True, tag=True):
    """What is stored already, for a look-up through all of a subject's versions. Answered by `Meant`."""


class Tell(Job, frozen=True, kw_only=True, tag=True):
    """The text in another form. Answered by `Told`."""

    form: str


class Compare(Job, frozen=True, kw_only=True, tag=True):
    """Whether this can read what was written with another of its type. Answered by `Compared`."""

    writer: Source
    lenient: bool = False


class FitTables(Job, frozen=True, kw_only=True, tag=True):
    """Whether tables can hold it at all. Answered by `Compared`."""


class FollowInTables(Job, frozen=True, kw_only=True, tag=True):
    """Whether tables can follow from an old schema, maybe of another type, to this. Answered by `Compared`; with nothing in it where one
    of the two has no form there."""

    old_type: str
    old: Source
    backward: bool
    forward: bool


class FindFields(Job, frozen=True, kw_only=True, tag=True):
    """Which of these names its fields have. Answered by `Compared`."""

    names: tuple[str, ...]


class FindName(Job, frozen=True, kw_only=True, tag=True):
    """The full name of what it is about. Answered by `Compared`, with nothing in it where it has none."""


class FindTags(Job, frozen=True, kw_only=True, tag=True):
    """Answered by `Tagged`."""


class ChangeTags(Job, frozen=True, kw_only=True, tag=True):
    """Answered by `Told`."""

    add: TagList = ()
    remove: TagList = ()


class Understood(Struct, frozen=True, kw_only=True, tag=True):
    """`meaning` is a digest: the same for schemas that are the same however they were written."""

    text: str
    meaning: bytes


class Meant(Struct, frozen=True, kw_only=True, tag=True):
    """See `Understood`."""

    meaning: bytes


class Told(Struct, frozen=True, kw_only=True, tag=True):
    text: str


class Compared(Struct, frozen=True, kw_only=True, tag=True):
    """What is to be complained about."""

    found: tuple[str, ...]


class Tagged(Struct, frozen=True, kw_only=True, tag=True):
    tags: TagList


class Refused(Struct, frozen=True, kw_only=True, tag=True):
    """It is no schema; or, where `is_parsed`, it is one and breaks a rule all the same."""

    why: str
    is_parsed: bool


AnyJob: TypeAlias = (
    Understand | Mean | Tell | Compare | FitTables | FollowInTables | FindFields | FindName | FindTags | ChangeTags
)
Result: TypeAlias = Understood | Meant | Told | Compared | Tagged | Refused

_jobs: Final = msgspec.msgpack.Decoder(AnyJob)
_results: Final[msgspec.msgpack.Decoder[Result]] = msgspec.msgpack.Decoder(Result)
_encoder: Final = msgspec.msgpack.Encoder()


def encoded(job_or_result: AnyJob | Result) -> bytes:
    return _encoder.encode(job_or_result)


def decoded_result(answer: bytes) -> Result:
    return _results.decode(answer)


def answer(request: bytes) -> bytes:
    """A job as bytes, done."""
    return encoded(done(_jobs.decode(request)))


def done(job: AnyJob) -> Result:
    try:
        parsed = _parsed(job.type, job.source, strict=isinstance(job, Understand) and job.strict)
    except InvalidSchema as problem:
        return Refused(why=problem.why, is_parsed=False)
    try:
        return _DOERS[type(job)](parsed, job)
    except InvalidSchema as problem:
        return Refused(why=problem.why, is_parsed=True)


def encoded_source(source: Source) -> bytes:
    return _encoder.encode(source)


def _parsed(type_name: str, source: Source, *, strict: bool) -> Any:
    encoded_now = encoded_source(source)
    parse = _kept if len(encoded_now) <= PARSED_BYTES_MAX else _kept.__wrapped__
    return parse(type_name, encoded_now, strict)


@lru_cache(PARSED_MAX)
def _kept(type_name: str, source: bytes, strict: bool) -> Any:
    return format_of(type_name).parse(msgspec.msgpack.decode(source, type=Source), strict=strict)


def _understand(parsed: Any, job: Understand) -> Result:
    if job.checked:
        parsed.check()
    if job.fields_checked:
        parsed.check_fields()
    if job.normalize:
        parsed = parsed.normalized()
    return Understood(text=parsed.text, meaning=_meaning(parsed))


def _mean(parsed: Any, job: Mean) -> Result:
    del job
    return Meant(meaning=_meaning(parsed))


def _meaning(parsed: Any) -> bytes:
    return md5(parsed.meaning.encode(), usedforsecurity=False).digest()


def _tell(parsed: Any, job: Tell) -> Result:
    return Told(text=parsed.formatted(job.form))


def _compare(parsed: Any, job: Compare) -> Result:
    writer = _parsed(job.type, job.writer, strict=False)
    return Compared(found=tuple(parsed.differences_from(writer, lenient=job.lenient)))


def _fit_tables(parsed: Any, job: FitTables) -> Result:
    del job
    try:
        return Compared(found=tuple(invalid(parsed.logical())))
    except NotLogical as problem:
        return Compared(found=(f"{_NOT_LOGICAL}{problem}",))
    except InvalidSchema as problem:
        return Compared(found=(f"{_NOT_LOGICAL}{problem.why}",))


def _follow_in_tables(parsed: Any, job: FollowInTables) -> Result:
    try:
        new, old = parsed.logical(), _parsed(job.old_type, job.old, strict=False).logical()
    except (NotLogical, InvalidSchema):
        return Compared(found=())
    return Compared(found=tuple(incompatible(new, old, backward=job.backward, forward=job.forward)))


def _find_fields(parsed: Any, job: FindFields) -> Result:
    return Compared(found=tuple(each for each in job.names if parsed.has_field(each)))


def _find_name(parsed: Any, job: FindName) -> Result:
    del job
    return Compared(found=() if parsed.name is None else (parsed.name,))


def _find_tags(parsed: Any, job: FindTags) -> Result:
    del job
    return Tagged(tags=tuple(parsed.tags().items()))


def _change_tags(parsed: Any, job: ChangeTags) -> Result:
    return Told(text=parsed.tagged(add=dict(job.add), remove=dict(job.remove)).text)


_DOERS: Final[Mapping[type, Callable[[Any, Any], Result]]] = {
    Understand: _understand,
    Mean: _mean,
    Tell: _tell,
    Compare: _compare,
    FitTables: _fit_tables,
    FollowInTables: _follow_in_tables,
    FindFields: _find_fields,
    FindName: _find_name,
    FindTags: _find_tags,
    ChangeTags: _change_tags,
}
