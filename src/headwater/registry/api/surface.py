"""What the registry's endpoints have in common: their media types, and the kinds of things that access is asked for."""

from enum import StrEnum
from typing import Annotated, Final

from fastapi import Query

from headwater.http.endpoints import Endpoints
from headwater.http.media_types import MediaTypes
from headwater.http.parameters import Flag

V1: Final = "application/vnd.schemaregistry.v1+json"
UNVERSIONED: Final = "application/vnd.schemaregistry+json"
JSON: Final = "application/json"

MEDIA_TYPES: Final = MediaTypes(
    given=(V1, UNVERSIONED, JSON),
    taken=(V1, UNVERSIONED, JSON, "application/octet-stream"),
)


class Resource(StrEnum):
    SUBJECT = "subject"
    SCHEMA = "schema"
    CONFIG = "config"
    MODE = "mode"
    CONTEXT = "context"
    ASSOCIATION = "association"
    KEK = "kek"
    DEK = "dek"
    EXPORTER = "exporter"
    REGISTRY = "registry"


DefaultToGlobal = Annotated[Flag, Query(alias="defaultToGlobal")]
"""Whether what is not set for just this scope is looked for in the wider ones."""


def endpoints(tag: str, *, takes_unknown: bool = False) -> Endpoints:
    """Of one file."""
    return Endpoints(tag, media_types=MEDIA_TYPES, takes_unknown=takes_unknown)
