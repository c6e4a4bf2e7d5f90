"""Which names a schema may use: strict ones when it is new, letters of any script in what is stored already."""

from collections.abc import Callable

from headwater.registry.errors import InvalidSchema
from headwater.registry.formats.avro.model import Name

Check = Callable[[str], None]


def check_strictly(name: str) -> None:
    """Avro's specification: `[A-Za-z_][A-Za-z0-9_]*`. Raises InvalidSchema."""
    _check(
        name,
        is_first=lambda each: each.isascii() and each.isalpha(),
        is_rest=lambda each: each.isascii() and each.isalnum(),
    )


def check_loosely(name: str) -> None:
    """What the registry took before it was strict, and keeps."""
    _check(name, is_first=str.isalpha, is_rest=str.isalnum)


def check_nothing(name: str) -> None:
    """Of namespaces in what is stored already."""
    del name


def check_full(name: Name, check: Check) -> None:
    for part in name.space.split(".") if name.space else ():
        try:
            check(part)
        except InvalidSchema as problem:
            raise InvalidSchema(f'Namespace part "{part}" is invalid: {problem.why}') from None
    check(name.simple)


def _check(name: str, *, is_first: Callable[[str], bool], is_rest: Callable[[str], bool]) -> None:
    if not name:
        raise InvalidSchema("Empty name")
    if not (is_first(name[0]) or name[0] == "_"):
        raise InvalidSchema(f"Illegal initial character: {name}")
    if not all(is_rest(each) or each == "_" for each in name[1:]):
        raise InvalidSchema(f"Illegal character in: {name}")
