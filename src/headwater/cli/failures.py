"""What a person reads when something goes wrong: what happened, and what to do next."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import typer

from headwater.client.errors import ClientError, DeadlinePassed, Refused, Unreachable
from headwater.kernel.errors import HeadwaterError
from headwater.wire.error_codes import ErrorCode

FAILED: Final = 1
_ADVICE: Final = {
    ErrorCode.UNKNOWN_TOPIC_OR_PARTITION: "`headwater topic list` shows the topics; `headwater topic create NAME` makes one.",
    ErrorCode.TOPIC_ALREADY_EXISTS: "`headwater topic describe NAME` shows it; `headwater topic alter` changes it.",
    ErrorCode.INVALID_TOPIC_EXCEPTION: "A name has letters, digits, '.', '_' and '-', at most 249 of them.",
    ErrorCode.INVALID_REPLICATION_FACTOR: "`headwater cluster` shows how many brokers there are; leave --replicas out for the default.",
    ErrorCode.INVALID_PARTITIONS: "Partitions can be added and never taken away.",
    ErrorCode.INVALID_CONFIG: "`headwater config describe` lists the settings and their values.",
    ErrorCode.GROUP_ID_NOT_FOUND: "`headwater group list` shows the groups.",
    ErrorCode.NON_EMPTY_GROUP: "Stop its members first: `headwater group describe GROUP` shows them.",
    ErrorCode.UNKNOWN_MEMBER_ID: "Stop the group's members first: `headwater group describe GROUP` shows them.",
    ErrorCode.GROUP_SUBSCRIBED_TO_TOPIC: "Stop the group's members first.",
    ErrorCode.OFFSET_OUT_OF_RANGE: "`headwater topic describe NAME` shows where the log begins and ends.",
    ErrorCode.MESSAGE_TOO_LARGE: "Raise the topic's max.message.bytes: `headwater config set topic NAME max.message.bytes=...`",
}
_NOBODY_THERE: Final = (
    "Is a broker running there? Start one with `headwater up`, or say where it is with --bootstrap HOST:PORT."
)


class Complaint(HeadwaterError):
    """Something wrong with what was typed or piped in; says what would be right."""


@contextmanager
def explained() -> Iterator[None]:
    """Every error that was foreseen becomes a sentence on stderr and status 1; all others are ours and keep their traceback."""
    try:
        yield
    except HeadwaterError as failure:
        complain(failure)
        raise typer.Exit(FAILED) from failure
    except BrokenPipeError:
        sys.stderr.close()
        raise typer.Exit(FAILED) from None


def complain(failure: HeadwaterError) -> None:
    print(f"error: {failure}", file=sys.stderr)
    if advice := advice_for(failure):
        print(f"       {advice}", file=sys.stderr)


def advice_for(failure: BaseException) -> str | None:
    """What to do next, where we know."""
    match failure:
        case DeadlinePassed(last=BaseException() as last):
            return advice_for(last)
        case Unreachable():
            return _NOBODY_THERE
        case Refused(code=code):
            return _ADVICE.get(code)
        case ClientError():
            return None
    return None
