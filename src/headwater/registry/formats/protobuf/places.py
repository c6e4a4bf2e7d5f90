"""Where a comparison of two schemas is."""

from msgspec import Struct
from msgspec.structs import replace

from headwater.registry.formats.protobuf.differences import Change, Difference
from headwater.registry.formats.protobuf.type_table import Scope


class Place(Struct, frozen=True, kw_only=True):
    """`scope` are the types around, in which names are looked for, in the older one's and the newer one's package; `entered` are
    the messages that are being compared, by identity."""

    path: tuple[str, ...] = ()
    scope: Scope = ()
    packages: tuple[str, str]
    entered: frozenset[int] = frozenset()

    def below(self, *steps: str) -> "Place":
        return replace(self, path=(*self.path, *steps))

    def inside(self, name: str) -> "Place":
        return replace(self, path=(*self.path, name), scope=(*self.scope, name))

    def comparing(self, message: object) -> "Place":
        return replace(self, entered=self.entered | {id(message)})

    def difference(self, change: Change) -> Difference:
        return Difference(change, f"#/{'/'.join(self.path)}")
