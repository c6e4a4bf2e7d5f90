"""Requests about client quotas whose answers are compared with Apache Kafka's."""

from collections.abc import Iterator, Mapping

from headwater.wire.messages import (
    alter_client_quotas_request as altering,
    describe_client_quotas_request as describing,
    describe_user_scram_credentials_request as passwords,
)
from headwater.wire.schema import Message

Names = Mapping[str, str | None]
EXACT, DEFAULT, SPECIFIED = range(3)
ANN: Names = {"user": "ann"}
BOTH: Names = {"user": "ann", "client-id": None}
BYTES, PERCENT, CONNECTIONS = "producer_byte_rate", "request_percentage", "connection_creation_rate"


def entry(names: Names, *changes: tuple[str, float | None]) -> altering.EntryData:
    return altering.EntryData(
        entity=tuple(altering.EntityData(entity_type=type_, entity_name=name) for type_, name in names.items()),
        ops=tuple(altering.OpData(key=key, value=value or 0.0, remove=value is None) for key, value in changes),
    )


def alter(*entries: altering.EntryData, validate_only: bool = False) -> Message:
    return altering.AlterClientQuotasRequest(entries=entries, validate_only=validate_only)


def describe(*components: tuple[str, int, str | None], strict: bool = False) -> Message:
    wanted = tuple(describing.ComponentData(entity_type=t, match_type=how, match=name) for t, how, name in components)
    return describing.DescribeClientQuotasRequest(components=wanted, strict=strict)


def quota_cases() -> Iterator[tuple[Message, int]]:
    """In this order, for each finds what those before it set."""
    yield from ((each, version) for version in (0, 1) for each in _set())
    yield from ((each, 1) for each in _refused())
    yield from ((each, version) for version in (0, 1) for each in _described())
    yield from ((passwords.DescribeUserScramCredentialsRequest(users=each), 0) for each in _users())


def _set() -> Iterator[Message]:
    yield alter(entry(ANN, (BYTES, 1_000.0), (PERCENT, 12.5)), entry(BOTH, (BYTES, 2_000.0)))
    yield alter(entry({"user": None}, (BYTES, 3.0)), entry({"client-id": "app"}, ("controller_mutation_rate", 0.5)))
    yield alter(entry({"ip": "192.0.2.1"}, (CONNECTIONS, 5.0)), entry({"ip": None}, (CONNECTIONS, 7.0)))
    yield alter(entry(ANN, (PERCENT, None)), entry({"user": "bob"}, (BYTES, None)))
    yield alter(entry({"user": "carl"}, (BYTES, 1.0)), validate_only=True)


def _refused() -> Iterator[Message]:
    for names in ({}, {"user": ""}, {"topic": "a"}, {"ip": "192.0.2.1", "user": "ann"}, {"ip": "no address"}):
        yield alter(entry(names, (BYTES, 1.0)))
    for key, value in ((BYTES, 0.0), (BYTES, -1.0), (BYTES, 1.5), ("no.such", 1.0), (CONNECTIONS, 1.0)):
        yield alter(entry({"user": "dora"}, (key, value)))
    yield alter(entry({"ip": None}, (BYTES, 1.0)), entry({"ip": "192.0.2.2"}, (CONNECTIONS, 2.0**31)))
    yield alter(entry({"user": "emil"}, (BYTES, 1.0), (BYTES, 2.0)))


def _described() -> Iterator[Message]:
    yield describe()
    yield describe(strict=True)
    for strict in (False, True):
        yield describe(("user", EXACT, "ann"), strict=strict)
        yield describe(("user", DEFAULT, None), strict=strict)
        yield describe(("user", SPECIFIED, None), strict=strict)
        yield describe(("user", SPECIFIED, None), ("client-id", DEFAULT, None), strict=strict)
        yield describe(("ip", SPECIFIED, None), strict=strict)
    for wrong in (
        ("", EXACT, "a"),
        ("topic", EXACT, "a"),
        ("user", EXACT, None),
        ("user", DEFAULT, "a"),
        ("user", 9, None),
    ):
        yield describe(wrong)
    yield describe(("user", EXACT, "a"), ("user", EXACT, "b"))
    yield describe(("ip", SPECIFIED, None), ("user", SPECIFIED, None))


def _users() -> Iterator[tuple[passwords.UserName, ...] | None]:
    ann = passwords.UserName(name="ann")
    yield from (None, (), (ann,), (ann, ann))
