"""What the broker needs of higher rooms. Assembly plugs it in."""

from typing import Protocol


class Schemas(Protocol):
    """What a schema registry knows, wherever it is.

    `mark` is what a record says of its schema (`wire/batch/schema_ids.py`). `subject` is the one that the schema must be registered
    under, not deleted; or, with `by_record`, what stands before the full name of the schema's record in the subject's.
    """

    def knows(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        """At once, on the hot path: None where it must be found first."""
        ...

    async def find(self, mark: bytes, subject: str, *, by_record: bool) -> bool | None:
        """Ask, if need be again. None where there is no answer in time."""
        ...
