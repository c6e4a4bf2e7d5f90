"""Parameters that the registry's paths share."""

from typing import Annotated, Final

from fastapi import Path, Query
from pydantic import BeforeValidator

from headwater.http.parameters import INT_MAX, unescaped
from headwater.registry.errors import InvalidVersion
from headwater.registry.store.requests import LATEST
from headwater.registry.subjects import subject_of

SubjectName = Annotated[str, BeforeValidator(lambda text: str(subject_of(unescaped(text)))), Path()]
"""`:.:orders` is `orders`."""

VersionText = Annotated[str, Path(description="A number, or `latest`")]
Form = Annotated[str, Query(alias="format")]
"""The text in another form that its format knows."""

ReferenceForm = Annotated[str, Query(alias="referenceFormat")]
QUALIFIED: Final = "qualified"

FindTags = Annotated[tuple[str, ...], Query(alias="findTags")]
"""Whether to tell what a schema's text tags with one of these."""

_LATEST: Final = "latest"


def version_number(text: str) -> int:
    """Raises InvalidVersion."""
    bare = text.strip()
    if bare.lower() == _LATEST:
        return LATEST
    digits = bare.removeprefix("-").removeprefix("+")
    number = int(bare) if digits.isascii() and digits.isdigit() else None
    if number is None or number > INT_MAX:
        raise InvalidVersion(text)
    if number < 1 and number != LATEST:
        raise InvalidVersion(number)
    return number
