"""`/`, and what this registry says about itself."""

from collections.abc import Callable
from typing import Final

from msgspec import Struct

from headwater.http.access import NOTHING
from headwater.http.endpoints import Endpoints
from headwater.registry.api.surface import endpoints

_UNKNOWN: Final = "Unknown"


class About(Struct, frozen=True, kw_only=True):
    """`attributes` are of the deployment."""

    cluster_id: str = ""
    """Kafka's."""
    group_id: str = ""
    version: str = _UNKNOWN
    attributes: tuple[str, ...] = ()


class Scope(Struct, frozen=True, kw_only=True):
    path: tuple[str, ...] = ()
    clusters: dict[str, str]


class ClusterId(Struct, frozen=True, kw_only=True):
    scope: Scope


class Version(Struct, frozen=True, kw_only=True, rename="camel"):
    version: str
    commit_id: str


class Deployment(Struct, frozen=True, kw_only=True):
    attributes: tuple[str, ...]


class Nothing(Struct, frozen=True):
    """An empty object."""


def root_api(about: Callable[[], About]) -> Endpoints:
    """`about` is asked each time, for a cluster's id is known late."""
    api = endpoints("Server Metadata (v1)")

    @api.get("/", needs=NOTHING)
    async def root() -> Nothing:
        """Tell that the registry is there"""
        return Nothing()

    @api.post("/", needs=NOTHING)
    async def root_asked() -> Nothing:
        """The same, for those who send something"""
        return Nothing()

    @api.get("/v1/metadata/id", needs=NOTHING)
    async def cluster_id() -> ClusterId:
        """Get the ids of the clusters"""
        told = about()
        clusters = {"kafka-cluster": told.cluster_id, "schema-registry-cluster": told.group_id}
        return ClusterId(scope=Scope(clusters=clusters))

    @api.get("/v1/metadata/version", needs=NOTHING)
    async def version() -> Version:
        """Get the version of the registry"""
        return Version(version=about().version, commit_id=_UNKNOWN)

    @api.get("/v1/metadata/deployment", needs=NOTHING)
    async def deployment() -> Deployment:
        """Get how the registry is deployed"""
        return Deployment(attributes=about().attributes)

    return api
