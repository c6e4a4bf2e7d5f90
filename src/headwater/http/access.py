"""What a caller must be allowed to do. Every endpoint declares it, so that it can be asked for in one place."""

from msgspec import Struct

from headwater.security.access import Operation


class Needs(Struct, frozen=True):
    """`resource` is a kind of thing that a surface has, such as a subject; which one of them, the path says."""

    operation: Operation
    resource: str

    def __str__(self) -> str:
        return f"{self.operation.name} {self.resource}"


def needs(operation: Operation, resource: str) -> Needs:
    return Needs(operation, resource)


NOTHING = Needs(Operation.DESCRIBE, "nothing")
"""Anyone may: it tells nothing about what is kept here."""
