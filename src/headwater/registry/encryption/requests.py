"""What the machine of the DEK registry can be asked, and what it answers. What a key management service has to do is done."""

from collections.abc import Mapping

from msgspec import UNSET, Struct, UnsetType

from headwater.registry.encryption.records import DekName, DekValue, KekValue

LATEST = -1
FIRST = 1


class CreateKek(Struct, frozen=True, kw_only=True):
    """A soft-deleted one that is equal to it comes back. Answered by a `Kept` KEK, or by a refusal."""

    kek: KekValue


class UpdateKek(Struct, frozen=True, kw_only=True):
    """What is unset stays as it is. Answered by a `Kept` KEK, or by a refusal."""

    name: str
    kms_props: Mapping[str, str] | UnsetType | None = UNSET
    doc: str | UnsetType | None = UNSET
    shared: bool | UnsetType = UNSET


class DeleteKek(Struct, frozen=True, kw_only=True):
    """Answered by None, or by a refusal; so are those below."""

    name: str
    permanent: bool = False


class UndeleteKek(Struct, frozen=True, kw_only=True):
    name: str


class NewDek(Struct, frozen=True, kw_only=True):
    """What a caller wants. Without material the registry makes it, where the KEK is shared."""

    name: DekName
    version: int = FIRST
    encrypted_key_material: str | None = None
    deleted: bool = False
    rewrap: bool = False
    """The one that is there is wrapped anew, by what its KEK names now."""


class Basis(Struct, frozen=True, kw_only=True):
    """What a new DEK is made from: it is the answer to whether there may be one."""

    kek: KekValue
    old: DekValue | None = None


class CreateDek(Struct, frozen=True, kw_only=True):
    """Answered by a `Kept` DEK, by `Moved` where the basis is another by now, or by a refusal."""

    wanted: NewDek
    basis: Basis
    encrypted_key_material: str | None


class Moved(Struct, frozen=True, kw_only=True):
    """To be made anew from what is there now, and asked again."""


class DeleteDeks(Struct, frozen=True, kw_only=True):
    """One version, or all."""

    name: DekName
    version: int | None = None
    permanent: bool = False


class UndeleteDeks(Struct, frozen=True, kw_only=True):
    name: DekName
    version: int | None = None
