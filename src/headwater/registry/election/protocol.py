"""What registries tell each other when they choose a writer: the group protocol `sr`, version `v0`, in Confluent's JSON.

Each member tells who it is; the group's leader gets all of that, chooses, and tells every member the same. Chosen is the eligible
one whose URL is the smallest, or, if all agree on being sticky, the one that has written until now.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.errors import UnreadableIdentity

PROTOCOL_TYPE: Final = "sr"
SUBPROTOCOL: Final = "v0"
NO_ERROR: Final = 0
DUPLICATE_URLS: Final = 1


class Identity(Struct, frozen=True, kw_only=True, omit_defaults=False):
    """A registry, and where the others reach it. `leader` is what it believes of itself, for sticky elections."""

    host: str
    port: int
    master_eligibility: bool = True
    scheme: str = "http"
    version: int = 1
    leader: bool = False

    @property
    def url(self) -> str:
        """As all registries of the group must spell it, to choose alike."""
        return f"{self.scheme}://{self.host}:{self.port}"

    def is_same(self, other: "Identity | None") -> bool:
        return other is not None and replace(self, leader=False) == replace(other, leader=False)

    def encoded(self) -> bytes:
        return msgspec.json.encode(self)

    @staticmethod
    def decoded(data: bytes) -> "Identity":
        """What is unknown in it is passed over."""
        try:
            return msgspec.json.decode(data, type=Identity, strict=False)
        except msgspec.MsgspecError as problem:
            raise UnreadableIdentity(str(problem)) from problem


class Assignment(Struct, frozen=True, kw_only=True):
    """`master` is the member's id in the group; nobody is chosen where nobody is eligible."""

    error: int
    master: str | None = None
    master_identity: Identity | None = None
    version: int = 1

    def encoded(self) -> bytes:
        said = {name: getattr(self, name) for name in self.__struct_fields__}
        return msgspec.json.encode({name: value for name, value in said.items() if value is not None})

    @staticmethod
    def decoded(data: bytes) -> "Assignment":
        try:
            return msgspec.json.decode(data, type=Assignment, strict=False)
        except msgspec.MsgspecError as problem:
            raise UnreadableIdentity(str(problem)) from problem


def choose(members: Mapping[str, Identity], *, sticky: bool) -> Assignment:
    """By member id. Two with one URL would forward to the wrong one, so that is an error, though somebody is named."""
    eligible = {member: each for member, each in members.items() if each.master_eligibility}
    writing = [member for member, each in eligible.items() if each.leader] if sticky else []
    first = min(eligible, key=lambda member: eligible[member].url, default=None)
    chosen = writing[0] if len(writing) == 1 else first
    urls = {each.url for each in members.values()}
    return Assignment(
        error=NO_ERROR if len(urls) == len(members) else DUPLICATE_URLS,
        master=chosen,
        master_identity=None if chosen is None else eligible[chosen],
    )
