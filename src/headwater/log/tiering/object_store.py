"""The `ObjectStore` port: whole objects by name, written once, read in ranges.

Names are paths with slashes. Nothing here asks for more than every store has: no renames, no appends, no conditions.
`tests/contracts/test_object_store.py` is what "works" means. Every call ends by a deadline of its own. Whatever goes wrong is
an `ObjectStoreFailed`; what a failed `put` or `delete` did is unknown, and both may be done again.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

from msgspec import Struct

Buffer = bytes | bytearray | memoryview


class StoredObject(Struct, frozen=True, kw_only=True):
    """An object as a list shows it."""

    name: str
    size: int


class ObjectStore(Protocol):
    """Somewhere that keeps objects at least as safe as the disk does."""

    @property
    def address(self) -> str:
        """Where it is, for people: no secrets."""
        ...

    async def put(self, name: str, pieces: AsyncIterator[Buffer], *, size: int) -> None:
        """Keep the bytes under this name: safe when this returns, and until then no object of that name is there.

        `size` is that of all pieces together. One that is there already is replaced. Where `pieces` raises, so does this.
        """
        ...

    async def get(self, name: str, *, start: int, size: int) -> Buffer:
        """Exactly these bytes. A missing object raises ObjectMissing, one that ends before ObjectDamaged."""
        ...

    async def delete(self, names: Sequence[str]) -> None:
        """They are gone when this returns; missing ones are fine."""
        ...

    async def list(self, folder: str) -> list[StoredObject]:
        """Every object whose name begins with `folder` and a slash, by name; all there are for an empty one."""
        ...
